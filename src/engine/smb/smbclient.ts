/** What smbclient(1) tells of a server. The login goes to it by a file, never on its command line. */
import { int64 } from '../../contract/json.ts'
import type { Space } from '../space.ts'
import { runTool } from '../tool.ts'
import type { LoginSource } from './login-file.ts'

/** Seconds that the server has for an answer. */
const PATIENCE = '10'

/** A share of a server. */
export interface Share {
  readonly name: string
  readonly comment: string
}

interface Server {
  readonly host: string
  readonly port: number
}

/**
 * The shares for files that a server tells of.
 * @throws ToolError, PluginError (MissingDependency)
 */
export function sharesOf({ host, port }: Server, login: LoginSource): readonly Share[] {
  const output = runTool('smbclient', [...optionsFor(port, login), '--grepable', `--list=//${host}`])
  return output.split('\n').flatMap((line) => {
    const [type, name = '', comment = ''] = line.split('|')
    return type === 'Disk' ? [{ name, comment }] : []
  })
}

/**
 * The space of a share, which a mount by smbnetfs does not tell.
 * @throws ToolError, PluginError (MissingDependency)
 */
export function shareSpace({ host, port, share }: Server & { readonly share: string }, login: LoginSource): Space {
  const output = runTool('smbclient', [...optionsFor(port, login), '--command=ls', `//${host}/${share}`])
  const [, blocks, size, available] = /(\d+) blocks of size (\d+)\. (\d+) blocks available/.exec(output) ?? []
  if (blocks === undefined || size === undefined || available === undefined) return { free: 0, total: 0 }
  return { free: int64(BigInt(available) * BigInt(size)), total: int64(BigInt(blocks) * BigInt(size)) }
}

function optionsFor(port: number, { file }: LoginSource): readonly string[] {
  const login = file === undefined ? ['--no-pass', '--user=guest'] : [`--authentication-file=${file}`]
  return [`--timeout=${PATIENCE}`, `--port=${port}`, ...login]
}
