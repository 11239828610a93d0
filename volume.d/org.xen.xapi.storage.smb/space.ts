/** Space of shares where the mount does not tell it. */
import { isSmbnetfs } from '../../src/engine/atomic-file.ts'
import type { DirectoryAttachment } from '../../src/engine/images/driver.ts'
import { savedLogin } from '../../src/engine/smb/login-file.ts'
import { shareSpace } from '../../src/engine/smb/smbclient.ts'
import type { Space } from '../../src/engine/space.ts'
import { addressAt } from './location.ts'

/** Undefined where the mount tells it. What cannot be found out is 0, and why is told on stderr. */
export function space({ sr, directory }: DirectoryAttachment): Space | undefined {
  if (!isSmbnetfs(directory)) return undefined
  try {
    return shareSpace(addressAt(sr), savedLogin(sr))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return { free: 0, total: 0 }
  }
}
