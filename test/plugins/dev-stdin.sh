#!/bin/sh
# Reads its params from /dev/stdin, some time after they were written, and writes to /dev/stderr and /dev/stdout.
sleep 0.1
params=$(cat /dev/stdin)
printf 'read %s bytes\n' "${#params}" >/dev/stderr
echo '"fine"' >/dev/stdout
