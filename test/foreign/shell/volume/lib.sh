# Sourced by volume.sh. Strings are kept as they stand in JSON, with their escapes, so that they can be printed as they are.

# member NAME: the string of that name in $params.
member() {
  printf '%s' "$params" | sed -nE 's/.*"'"$1"'":"(([^"\\]|\\.)*)".*/\1/p'
}

# number NAME: the integer of that name in $params.
number() {
  printf '%s' "$params" | sed -nE 's/.*"'"$1"'":(-?[0-9]+).*/\1/p'
}

# fail NAME ARGUMENT: prints an error object and ends.
fail() {
  printf '{"code":"SR_BACKEND_FAILURE","params":["%s","%s"],' "$1" "$2"
  printf '"backtrace":{"error":"%s","files":["%s"],"lines":[1]}}\n' "$2" "$0"
  exit 1
}

# volume KEY: prints its record.
volume() {
  image=$sr/$1.img
  [ -e "$image" ] || fail Volume_does_not_exist "$1"
  printf '{"key":"%s","uuid":"%s","name":"%s","description":"%s",' "$1" "$1" "$(cat "$sr/$1.name")" "$(cat "$sr/$1.description")"
  printf '"read_write":true,"sharable":false,"virtual_size":%s,' "$(stat -c %s "$image")"
  printf '"physical_utilisation":%s,' $(($(stat -c %b "$image") * 512))
  printf '"uri":["nosuch+shell://%s","Shell://%s"],"keys":{%s}}' "$image" "$image" "$(paste -sd, "$sr/$1.keys")"
}

# without K FILE: prints the lines of a file of "k":"v" but that of K.
without() {
  start="\"$1\":" awk 'index($0, ENVIRON["start"]) != 1' "$2"
}
