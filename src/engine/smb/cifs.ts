/** The kernel's SMB client, by mount.cifs(8). */
import { SMB_PORT } from './address.ts'
import type { SmbClient } from './client.ts'

/** Mounts, and stays; the shell is found by its arguments, so that no other program may take its place. */
const SCRIPT = 'mount.cifs "$1" "$2" -o "$3" 3<&3 && exec 3<&- && mkfifo "$4" && read -r forever <> "$4"'

export const cifs: SmbClient = {
  program: 'mount.cifs',
  package: 'cifs-utils',
  process({ host, port, share }, { user, password, domain }, directory, mountpoint) {
    const options = [
      'nosuid,nodev,noexec,file_mode=0600,dir_mode=0700',
      ...(port === SMB_PORT ? [] : [`port=${port}`]),
      ...(user === undefined ? ['guest'] : [`username=${unambiguous(user)}`]),
      ...(domain === undefined ? [] : [`domain=${unambiguous(domain)}`]),
    ]
    return {
      command: 'sh',
      args: ['-c', SCRIPT, 'sh', `//${host}/${share}`, mountpoint, options.join(','), `${directory}/forever`],
      env: password === undefined ? {} : { PASSWD_FD: '3' },
      ...(password === undefined ? {} : { secret: password }),
    }
  },
  shareBelow: () => '',
}

function unambiguous(value: string): string {
  if (value.includes(',')) throw new Error('the name of a user or domain has a comma: mount.cifs cannot take it')
  return value
}
