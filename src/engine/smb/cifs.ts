/** The kernel's SMB client, by mount.cifs(8). */
import { stayingScript } from '../mount/mounter.ts'
import { SMB_PORT } from './address.ts'
import { DENIAL, type SmbClient } from './client.ts'

const PROGRAM = 'mount.cifs'
const PACKAGE = 'cifs-utils'

export const cifs: SmbClient = {
  program: PROGRAM,
  package: PACKAGE,
  mounter: ({ host, port, share }, { user, password, domain }) => ({
    program: PROGRAM,
    package: PACKAGE,
    below: '',
    denial: DENIAL,
    process(directory, mountpoint) {
      const options = [
        'nosuid,nodev,noexec,file_mode=0600,dir_mode=0700',
        ...(port === SMB_PORT ? [] : [`port=${port}`]),
        ...(user === undefined ? ['guest'] : [`username=${unambiguous(user)}`]),
        ...(domain === undefined ? [] : [`domain=${unambiguous(domain)}`]),
      ].join(',')
      return {
        command: 'sh',
        args: ['-c', stayingScript(PROGRAM), 'sh', `//${host}/${share}`, mountpoint, options, `${directory}/forever`],
        env: password === undefined ? {} : { PASSWD_FD: '3' },
        ...(password === undefined ? {} : { secret: password }),
      }
    },
  }),
}

function unambiguous(value: string): string {
  if (value.includes(',')) throw new Error('the name of a user or domain has a comma: mount.cifs cannot take it')
  return value
}
