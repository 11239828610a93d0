#!/bin/sh
# Datapath plugin: the file that a URI names, as a loop device. The domains of a disk share its loop device. What is
# attached is recorded before it is, and forgotten after it no longer is: one file for each domain, in a directory for
# each disk.
set -eu
here=$(dirname "$(readlink -f "$0")")
. "$here/lib.sh"

# Sets $path to the file that $uri names, $disk to the directory of its records, $record to that of $domain.
find_disk() {
  path=${uri#good-sh://}
  disk=$state/$(printf '%s' "$path" | sha256sum | cut -c 1-64)
  record=$disk/$(printf '%s' "$domain" | sha256sum | cut -c 1-64)
  mkdir -p "$state"
}

# The loop devices of the disk, one a line, also where its file is gone.
loop_devices() {
  grep -lxF -e "$path" -e "$path (deleted)" /sys/block/loop*/loop/backing_file 2>/dev/null |
    while IFS=/ read -r _ _ _ name _; do
      # Let go already where this is 1: the kernel frees it when whoever else has it open closes it.
      [ "$(cat "/sys/block/$name/loop/autoclear" 2>/dev/null)" = 1 ] || echo "/dev/$name"
    done
}

case $method in
  Plugin.query)
    read_params dbg:string
    echo '{
      "plugin": "good-sh", "name": "Good disks in sh", "description": "Files as loop devices",
      "vendor": "smapiv3", "copyright": "MIT licence", "version": "1.0", "required_api_version": "5.0",
      "features": [], "configuration": {}, "required_cluster_stack": []
    }'
    ;;
  Plugin.diagnostics)
    read_params dbg:string
    printf '"%s disks are attached"\n' "$(ls -d "$state"/*/ 2>/dev/null | wc -l)"
    ;;
  Datapath.attach)
    read_params dbg:string uri:string domain:string
    find_disk
    lock "$state/lock"
    [ -f "$path" ] || fail SR_BACKEND_FAILURE Volume_does_not_exist "$path"
    mkdir -p "$disk"
    : >"$record"
    device=$(loop_devices | head -n 1)
    if [ -n "$device" ]; then
      losetup --set-capacity "$device"
    elif [ "$(stat -c %a "$path")" = 400 ]; then
      device=$(losetup --find --show --read-only "$path")
    else
      device=$(losetup --find --show "$path")
    fi
    printf '{"implementations": [
      ["XenDisk", {"params": "%s", "extra": {}, "backend_type": "vbd"}],
      ["BlockDevice", {"path": "%s"}]
    ]}\n' "$device" "$device"
    ;;
  Datapath.activate | Datapath.activate_readonly)
    read_params dbg:string uri:string domain:string
    find_disk
    [ -e "$record" ] || fail SR_BACKEND_FAILURE NotAttached "$uri"
    echo null
    ;;
  Datapath.deactivate)
    read_params dbg:string uri:string domain:string
    find_disk
    lock "$state/lock"
    for device in $(loop_devices); do blockdev --flushbufs "$device"; done
    echo null
    ;;
  Datapath.detach)
    read_params dbg:string uri:string domain:string
    find_disk
    lock "$state/lock"
    rm -f "$record"
    if [ ! -d "$disk" ] || rmdir "$disk" 2>/dev/null; then
      for device in $(loop_devices); do losetup --detach "$device"; done
    fi
    echo null
    ;;
  *) fail SR_BACKEND_FAILURE Unimplemented "$method" ;;
esac
