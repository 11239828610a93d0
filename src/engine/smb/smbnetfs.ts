/** smbnetfs: an SMB client outside the kernel, on FUSE. It speaks to the well-known port only. */
import { join } from 'node:path'
import { SMB_PORT } from './address.ts'
import { DENIAL, type SmbClient } from './client.ts'

/** The Debian package has the same name. */
const PROGRAM = 'smbnetfs'

/** Milliseconds that a server has for an answer, and seconds until smbnetfs gives up a connection. */
const SMB_TIMEOUT = 10_000
const REPLY_TIMEOUT = 15

/** What other hosts change is seen at once. */
const UNCACHED = 'direct_io,attr_timeout=0,ac_attr_timeout=0,entry_timeout=0,negative_timeout=0'

export const smbnetfs: SmbClient = {
  program: PROGRAM,
  package: PROGRAM,
  mounter: ({ host, port, share }, { user = 'guest', password = '', domain }) => ({
    program: PROGRAM,
    package: PROGRAM,
    below: join(host, share),
    denial: DENIAL,
    process(directory, mountpoint) {
      if (port !== SMB_PORT) throw new Error(`smbnetfs cannot speak to port ${port}: install cifs-utils`)
      const login = `${domain === undefined ? '' : `${domain}/`}${user}`
      const lines = [
        // The file with the password is gone when the share is mounted.
        'config_update_period 0',
        'smb_query_browsers "false"',
        'use_libsecret "false"',
        'stat_workaround_depth -1',
        // What another host makes is there at once; milliseconds. `neg_cache "false"` would end the reading of this file.
        'neg_cache_timeout 1',
        'local_charset "utf-8"',
        'show_$_shares "true"',
        `smb_timeout ${SMB_TIMEOUT}`,
        `reply_timeout ${REPLY_TIMEOUT}`,
        `auth "${quotable(host)}" "${quotable(login)}" "${quotable(password)}"`,
        `host "${quotable(host)}" visible=true`,
      ]
      return {
        command: PROGRAM,
        args: [mountpoint, '-f', '-o', `config=${join(directory, 'configuration')},${UNCACHED}`],
        env: { HOME: directory, LC_ALL: 'C.UTF-8' },
        configuration: `${lines.join('\n')}\n`,
      }
    },
  }),
}

/** Text between quotes in its configuration, which is one line. */
function quotable(text: string): string {
  if (/[\r\n]/.test(text)) throw new Error('a name or password has a line break: smbnetfs cannot take it')
  return text.replace(/["\\]/g, '\\$&')
}
