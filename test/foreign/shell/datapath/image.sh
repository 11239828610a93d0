# Sourced by the scripts: reads the params from /dev/stdin.
params=$(cat /dev/stdin)
uri=$(printf '%s' "$params" | sed -nE 's/.*"uri":"([^"]*)".*/\1/p')
domain=$(printf '%s' "$params" | sed -nE 's/.*"domain":"([^"]*)".*/\1/p')
image=${uri#*://}
if [ ! -e "$image" ]; then
  echo "no image for $params" >/dev/stderr
  printf '{"code":"SR_BACKEND_FAILURE","params":["Volume_does_not_exist","%s"],' "$image"
  printf '"backtrace":{"error":"","files":[],"lines":[]}}'
  exit 1
fi
