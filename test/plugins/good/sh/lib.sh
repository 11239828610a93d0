# What the scripts share: the request, checks of its parameters, errors, the lock. To be sourced by plugins in sh.
# Text that users give stays in JSON, where jq handles it; only what names files gets into variables.
state=$here/state
method=${0##*/}
answered=

# Prints an error object and ends: CODE NAME TEXT.
fail() {
  answered=yes
  jq -cn --arg code "$1" --arg name "$2" --arg text "$3" \
    '{code: $code, params: [$name, $text], backtrace: {error: $text, files: [], lines: []}}'
  exit 1
}

# A command that failed where none should has an error object too; what it printed is on stderr.
trap 'status=$?; [ $status -eq 0 ] || [ -n "$answered" ] || fail SR_BACKEND_FAILURE InternalError "$method failed with status $status"' EXIT

# Reads the request, checks NAME:TYPE…, and sets the variables $sr $key $uri… of those that are short texts or numbers,
# $name_json $description_json $sharable_json to others as JSON, and $path of a configuration: only plain paths, so that
# they need no encoding in URIs.
read_params() {
  params=$(head -n 1)
  assignments=$(printf '%s' "$params" | jq -r --arg wants "$*" '
    . as $params
    | [$wants | split(" ")[] | split(":") as [$name, $type]
      | if ($params | type) != "object" then "UnmarshalException thing=arguments ty=dict desc="
        elif $params | has($name) | not then "UnmarshalException thing=argument missing ty=\($name) desc="
        elif ($params[$name] | type) != $type then "TypeError expected=\($type) actual=\($params[$name] | type)"
        elif $type == "object" and ($params[$name] | map(type) | unique - ["string"]) != [] then "TypeError expected=string actual=other"
        else empty end]
    | if length > 0 then "problem=\(.[0] | @sh)"
      else "problem=", ($params | to_entries[]
        | select(.key | IN("sr", "dest_sr", "key", "snapshot", "uri", "domain", "size", "new_size"))
        | "\(.key)=\(.value | if type == "number" then floor else . end | @sh)"),
        ($params | to_entries[] | select(.key | IN("name", "description", "sharable"))
        | "\(.key)_json=\(.value | tojson | @sh)"),
        ($params | .configuration? | objects | .path // "" | tostring
        | "path=\(if test("^(/[A-Za-z0-9._-]+)+$") then . else "" end | @sh)")
      end') || fail SR_BACKEND_FAILURE UnmarshalException 'the request is not JSON'
  eval "$assignments"
  [ -z "${problem-unread}" ] || fail SR_BACKEND_FAILURE "${problem%% *}" "$problem"
}

# Runs jq on the params.
from_params() {
  printf '%s' "$params" | jq -c "$@"
}

# Holds a lock until the script ends: FILE.
lock() {
  exec 9>"$1"
  flock 9
}
