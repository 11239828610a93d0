#!/bin/sh
# Volume plugin: an SR is a directory, a volume an image in it. One symbolic link for each method leads here.
set -eu
here=${0%/*}
. "$here/lib.sh"
IFS= read -r params || [ -n "$params" ]
sr=$(member sr)
key=$(member key)

case ${0##*/} in
  Plugin.Query) cat "$here/query.json" ;;
  Plugin.diagnostics) echo '"all is well"' ;;
  SR.probe) echo '[]' ;;
  SR.create)
    uri=$(member uri)
    mkdir "${uri#file://}" || fail SR_exists "$uri"
    member uuid >"${uri#file://}/sr.uuid"
    member name >"${uri#file://}/sr.name"
    member description >"${uri#file://}/sr.description"
    printf '{"uri":"%s"}\n' "$uri"
    ;;
  SR.attach)
    uri=$(member uri)
    [ -e "${uri#file://}/sr.uuid" ] || fail SR_does_not_exist "$uri"
    printf '"%s"\n' "${uri#file://}"
    ;;
  SR.detach) echo null ;;
  SR.destroy) rm -r "$sr" && echo null ;;
  SR.stat)
    df -P -B1 "$sr" | {
      read -r _
      read -r _ total _ free _
      printf '{"sr":"%s","uuid":"%s","name":"%s",' "$sr" "$(cat "$sr/sr.uuid")" "$(cat "$sr/sr.name")"
      printf '"description":"%s","free_space":%s,"total_space":%s,' "$(cat "$sr/sr.description")" "$free" "$total"
      printf '"datasources":[],"clustered":false,"health":["Healthy",""]}\n'
    }
    ;;
  SR.ls)
    printf '['
    comma=
    for image in "$sr"/*.img; do
      [ -e "$image" ] || continue
      image=${image##*/}
      printf '%s%s' "$comma" "$(volume "${image%.img}")"
      comma=,
    done
    printf ']\n'
    ;;
  Volume.create)
    read -r key </proc/sys/kernel/random/uuid
    member name >"$sr/$key.name"
    member description >"$sr/$key.description"
    : >"$sr/$key.keys"
    truncate -s "$(number size)" "$sr/$key.img"
    volume "$key"
    ;;
  Volume.stat) volume "$key" ;;
  Volume.set)
    [ -e "$sr/$key.img" ] || fail Volume_does_not_exist "$key"
    k=$(member k)
    { without "$k" "$sr/$key.keys" && printf '"%s":"%s"\n' "$k" "$(member v)"; } >"$sr/$key.new"
    mv "$sr/$key.new" "$sr/$key.keys"
    echo null
    ;;
  Volume.unset)
    [ -e "$sr/$key.img" ] || fail Volume_does_not_exist "$key"
    without "$(member k)" "$sr/$key.keys" >"$sr/$key.new"
    mv "$sr/$key.new" "$sr/$key.keys"
    echo null
    ;;
  Volume.destroy) rm -f "$sr/$key".* && echo null ;;
  *) fail Unimplemented "${0##*/}" ;;
esac
