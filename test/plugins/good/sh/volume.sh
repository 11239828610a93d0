#!/bin/sh
# Volume plugin: an SR is a directory, a volume two files in it, KEY.img with its bytes and KEY.json with its record.
# A volume exists while its record does: the record is the last that is made of it and the first that goes. Records are
# replaced whole, under the lock of the SR, so that a call that is killed leaves the old one or the new one. They are
# answered as they stand there, with what is looked up behind it: to start jq takes most of a call.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/lib.sh"
SIZE_UNIT=4096
MAX_SIZE=17592186044416

# File that says that the SR is attached: HANDLE.
attachment() {
  printf '%s/%s' "$state" "$(printf '%s' "$1" | sha256sum | cut -c 1-64)"
}

check_attached() {
  [ -e "$(attachment "$sr")" ] || fail SR_BACKEND_FAILURE Sr_not_attached "$sr"
}

# Sets $sr to the directory that device_config names.
find_directory() {
  sr=$path
  [ -n "$sr" ] || fail SR_BACKEND_FAILURE ConfigurationError 'device_config needs path, the absolute path of a directory'
}

# A volume that exists: KEY.
check_volume() {
  case $1 in
    *[!0-9a-f-]* | '') fail SR_BACKEND_FAILURE Volume_does_not_exist "$1" ;;
  esac
  [ -e "$sr/$1.json" ] || fail SR_BACKEND_FAILURE Volume_does_not_exist "$1"
}

# Sets $length to the size rounded up: BYTES.
round_size() {
  case $1 in
    -* | ????????????????*) fail SR_BACKEND_FAILURE_79 'VDI Invalid size' "$1 bytes are not possible" ;;
  esac
  [ "$1" -le $MAX_SIZE ] || fail SR_BACKEND_FAILURE_79 'VDI Invalid size' "$1 bytes are not possible"
  length=$((($1 + SIZE_UNIT - 1) / SIZE_UNIT * SIZE_UNIT))
  [ $length -gt 0 ] || length=$SIZE_UNIT
}

# Replaces a file by what comes on stdin: FILE.
replace() {
  cat >"$1.new"
  mv "$1.new" "$1"
}

# Sets $volume to what is answered of a volume: KEY. Fails where it is destroyed meanwhile.
look_up() {
  length=$(stat -c '%s %b' "$sr/$1.img" 2>/dev/null) && record=$(cat "$sr/$1.json" 2>/dev/null) || return
  blocks=${length#* }
  length=${length% *}
  volume="${record%\}},\"uuid\":\"$1\",\"virtual_size\":$length,\"physical_utilisation\":$((blocks * 512))"
  volume="$volume,\"uri\":[\"good-sh://$sr/$1.img\"]}"
}

print_volume() {
  look_up "$1" || fail SR_BACKEND_FAILURE Volume_does_not_exist "$1"
  printf '%s\n' "$volume"
}

print_sr() {
  record=$(cat "$sr/sr.json")
  df -P -B 1 "$sr" | {
    read -r _
    read -r _ total _ free _
    printf '%s,"sr":"%s","free_space":%s,"total_space":%s,' "${record%\}}" "$sr" "$free" "$total"
    printf '"datasources":[],"clustered":false,"health":["Healthy",""]}\n'
  }
}

# A new volume whose record is that of the origin, with the members that $members has: KEY OF THE ORIGIN, READ_WRITE.
derive() {
  read -r key </proc/sys/kernel/random/uuid
  cp --sparse=always --reflink=auto "$sr/$1.img" "$sr/$key.img"
  [ "$2" = true ] || chmod 0400 "$sr/$key.img"
  [ "$2" = false ] || chmod 0600 "$sr/$key.img"
  jq -c --arg key "$key" --argjson read_write "$2" \
    '{key: $key, name, description, keys: {}, read_write: $read_write, sharable: false}' "$sr/$1.json" |
    replace "$sr/$key.json"
  print_volume "$key"
}

# Changes the record of a volume by a jq expression over it, in which $params are the params.
update() {
  check_attached
  lock "$sr/lock"
  check_volume "$key"
  printf '%s' "$params" | jq -c --slurpfile record "$sr/$key.json" ". as \$params | \$record[0] | $1" | replace "$sr/$key.json"
  echo null
}

update_sr() {
  check_attached
  lock "$sr/lock"
  printf '%s' "$params" | jq -c --slurpfile record "$sr/sr.json" ". as \$params | \$record[0] | $1" | replace "$sr/sr.json"
  echo null
}

case $method in
  Plugin.query)
    read_params dbg:string
    echo '{
      "plugin": "goodsh", "name": "Good volumes in sh", "description": "Raw files in a directory",
      "vendor": "smapiv3", "copyright": "MIT licence", "version": "1.0", "required_api_version": "5.0",
      "features": ["SR_PROBE", "SR_CREATE", "SR_ATTACH", "SR_DETACH", "SR_DELETE", "SR_SCAN", "SR_UPDATE", "VDI_CREATE",
        "VDI_DESTROY", "VDI_SNAPSHOT", "VDI_CLONE", "VDI_RESIZE", "VDI_REVERT", "VDI_UPDATE"],
      "configuration": {"path": "Absolute path of the directory"}, "required_cluster_stack": []
    }'
    ;;
  Plugin.diagnostics)
    read_params dbg:string
    printf '"%s SRs are attached"\n' "$(ls "$state" 2>/dev/null | wc -l)"
    ;;
  SR.probe)
    read_params dbg:string configuration:object
    sr=$path
    if [ -e "$sr/sr.json" ]; then
      print_sr | jq -c '[{configuration: {path: .sr, sr_uuid: .uuid}, complete: true, sr: ., extra_info: {}}]'
    elif [ -n "$sr" ] && [ -d "$(dirname "$sr")" ]; then
      jq -cn --arg path "$sr" '[{configuration: {path: $path}, complete: true, extra_info: {}}]'
    else
      echo '[]'
    fi
    ;;
  SR.create)
    read_params dbg:string uuid:string configuration:object name:string description:string
    find_directory
    mkdir -p "$sr"
    lock "$sr/lock"
    [ ! -e "$sr/sr.json" ] || fail SR_BACKEND_FAILURE ConfigurationError "$sr has an SR already"
    from_params '{uuid, name, description}' | replace "$sr/sr.json"
    from_params --arg path "$sr" '.configuration + {path: $path, sr_uuid: .uuid}'
    ;;
  SR.attach)
    read_params dbg:string configuration:object
    find_directory
    [ -e "$sr/sr.json" ] || fail SR_BACKEND_FAILURE SR_does_not_exist "$sr"
    lock "$sr/lock"
    rm -f "$sr"/*.new
    for each in "$sr"/*.img; do
      [ -e "${each%.img}.json" ] || rm -f "$each"
    done
    mkdir -p "$state"
    : >"$(attachment "$sr")"
    printf '"%s"\n' "$sr"
    ;;
  SR.detach)
    read_params dbg:string sr:string
    rm -f "$(attachment "$sr")"
    echo null
    ;;
  SR.destroy)
    read_params dbg:string sr:string
    check_attached
    if [ -d "$sr" ]; then
      lock "$sr/lock"
      rm -f "$sr"/*-*.json
      rm -f "$sr"/*.img "$sr"/*.new "$sr/sr.json" "$sr/lock"
      rmdir "$sr"
    fi
    rm -f "$(attachment "$sr")"
    echo null
    ;;
  SR.stat)
    read_params dbg:string sr:string
    check_attached
    print_sr
    ;;
  SR.set_name)
    read_params dbg:string sr:string new_name:string
    update_sr '.name = $params.new_name'
    ;;
  SR.set_description)
    read_params dbg:string sr:string new_description:string
    update_sr '.description = $params.new_description'
    ;;
  SR.ls)
    read_params dbg:string sr:string
    check_attached
    set -- "$sr"/*-*.json
    [ -e "$1" ] || set --
    comma=
    printf '['
    for each in "$@"; do
      each=${each##*/}
      look_up "${each%.json}" || continue
      printf '%s%s' "$comma" "$volume"
      comma=,
    done
    echo ']'
    ;;
  Volume.create)
    read_params dbg:string sr:string name:string description:string size:number sharable:boolean
    check_attached
    round_size "$size"
    lock "$sr/lock"
    read -r key </proc/sys/kernel/random/uuid
    truncate -s "$length" "$sr/$key.img" || { rm -f "$sr/$key.img"; fail SR_BACKEND_FAILURE_44 'There is insufficient space' "$length"; }
    chmod 0600 "$sr/$key.img"
    printf '{"key":"%s","name":%s,"description":%s,"keys":{},"read_write":true,"sharable":%s}\n' \
      "$key" "$name_json" "$description_json" "$sharable_json" | replace "$sr/$key.json"
    print_volume "$key"
    ;;
  Volume.stat)
    read_params dbg:string sr:string key:string
    check_attached
    check_volume "$key"
    print_volume "$key"
    ;;
  Volume.destroy)
    read_params dbg:string sr:string key:string
    check_attached
    case $key in
      *[!0-9a-f-]* | '') fail SR_BACKEND_FAILURE Volume_does_not_exist "$key" ;;
    esac
    lock "$sr/lock"
    rm -f "$sr/$key.json"
    rm -f "$sr/$key.img"
    echo null
    ;;
  Volume.snapshot)
    read_params dbg:string sr:string key:string
    check_attached
    lock "$sr/lock"
    check_volume "$key"
    derive "$key" false
    ;;
  Volume.clone)
    read_params dbg:string sr:string key:string
    check_attached
    lock "$sr/lock"
    check_volume "$key"
    derive "$key" true
    ;;
  Volume.resize)
    read_params dbg:string sr:string key:string new_size:number
    check_attached
    round_size "$new_size"
    lock "$sr/lock"
    check_volume "$key"
    grep -q '"read_write":true' "$sr/$key.json" || fail SR_BACKEND_FAILURE ReadOnly 'a snapshot cannot be resized'
    [ "$length" -ge "$(stat -c %s "$sr/$key.img")" ] || fail SR_BACKEND_FAILURE_79 'VDI Invalid size' 'shrinking is not possible'
    truncate -s "$length" "$sr/$key.img"
    echo null
    ;;
  Volume.revert)
    read_params dbg:string sr:string snapshot:string key:string
    check_attached
    lock "$sr/lock"
    check_volume "$snapshot"
    check_volume "$key"
    cp --sparse=always --reflink=auto "$sr/$snapshot.img" "$sr/$key.img.new"
    chmod 0600 "$sr/$key.img.new"
    mv "$sr/$key.img.new" "$sr/$key.img"
    echo null
    ;;
  Volume.set_name)
    read_params dbg:string sr:string key:string new_name:string
    update '.name = $params.new_name'
    ;;
  Volume.set_description)
    read_params dbg:string sr:string key:string new_description:string
    update '.description = $params.new_description'
    ;;
  Volume.set)
    read_params dbg:string sr:string key:string k:string v:string
    update '.keys[$params.k] = $params.v'
    ;;
  Volume.unset)
    read_params dbg:string sr:string key:string k:string
    update 'del(.keys[$params.k])'
    ;;
  *) fail SR_BACKEND_FAILURE Unimplemented "$method" ;;
esac
