#!/bin/sh
# A plugin that reads one line and does what the params' dbg says: a behaviour, and perhaps a file to write a pid to.
read -r params
wish=${params#*'"dbg":"'}
wish=${wish%%'"'*}
file=${wish#* }

error_object() { printf '{"code":"SR_BACKEND_FAILURE","params":["Volume_does_not_exist","vol-7"],"backtrace":%s}\n' "$1"; }
whole_backtrace='{"error":"vol-7","files":["/volume.py","/Volume.stat"],"lines":[2549,"8"]}'

case "${wish%% *}" in
  result) echo ' "fine" ' ;;
  echo) printf '%s' "$params" | sed 's/["\\]/\\&/g; s/^/"/; s/$/"/' ;;
  stubborn) trap '' TERM; echo $$ >"$file"; while :; do sleep 1; done ;;
  polite) trap 'echo ended >&2; exit 0' TERM; echo $$ >"$file"; while :; do sleep 0.05; done ;;
  forker) (trap '' TERM; sh -c 'echo $$ >"$1"; exec sleep 1000' sh "$file") & wait ;;
  background) sleep 1000 & echo $! >"$file"; echo '"started"' ;;
  background-flood) yes & echo $! >"$file"; while grep -qx 'wchar: 0' /proc/$!/io; do :; done ;;
  slow) sleep 0.1; echo '"slow"' ;;
  patient) i=0; while [ ! -e "$file" ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done; echo '"patient"' ;;
  late-writer) (while kill -0 $$ 2>/dev/null; do :; done; echo '"late"') & ;;
  flood) exec yes ;;
  drip) i=0; while [ $i -lt 3000 ]; do printf ' '; i=$((i + 1)); done; echo '"drips"' ;;
  flood-stderr) echo first >&2; head -c 100000000 /dev/zero | tr '\0' '\n' >&2; echo last >&2; echo '"survived"' ;;
  killed) kill -SEGV $$ ;;
  nothing) ;;
  bad-json) printf '{"a":1,}' ;;
  two-values) echo '"one" "two"' ;;
  log-line) echo 'INFO mounting the é'; echo '"fine"' ;;
  late-garbage) printf '"é" x' ;;
  garbage) head -c 100000 /dev/zero | tr '\0' x ;;
  not-utf8) printf '"ab\303("' ;;
  wrong-shape) echo '{"a":1}' ;;
  error) error_object "$whole_backtrace"; echo "mount failed" >&2; exit 1 ;;
  error-in-capitals) error_object "$whole_backtrace" | sed 's/code/CODE/; s/lines/Lines/; s/^{/{"extra":null,/'; exit 1 ;;
  error-unequal) error_object '{"error":"","files":["a","b","c"],"lines":[1]}'; exit 3 ;;
  error-without-params) error_object "$whole_backtrace" | sed 's/"params":\[[^]]*\],//'; exit 1 ;;
  error-params-number) error_object "$whole_backtrace" | sed 's/"vol-7"\]/7]/'; exit 1 ;;
  error-code-number) error_object "$whole_backtrace" | sed 's/"SR_BACKEND_FAILURE"/7/'; exit 1 ;;
  error-no-backtrace) error_object null; exit 1 ;;
  error-no-files) error_object '{"error":"","lines":[]}'; exit 1 ;;
  error-bad-lines) error_object '{"error":"","files":["a"],"lines":["x"]}'; exit 1 ;;
  error-no-error) error_object '{"files":[],"lines":[]}'; exit 1 ;;
  error-with-status-0) error_object "$whole_backtrace" ;;
  result-with-status-3) echo '"fine"'; exit 3 ;;
  fails-silently) echo 'cannot reach the array' >&2; exit 7 ;;
  *) echo "no behaviour $wish" >&2; exit 99 ;;
esac
