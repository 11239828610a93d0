/** Where an NBD export is, from the two forms of URI that backends answer. */

export interface NbdAddress {
  /** For net.connect. */
  readonly connect: { readonly path: string } | { readonly host: string; readonly port: number }
  readonly exportName: string
}

const PORT = 10809

/** Undefined where the text is no NBD URI. */
export function parseNbdUri(uri: string): NbdAddress | undefined {
  return legacy(uri) ?? standard(uri)
}

/** `nbd:unix:SOCKET:exportname=NAME` and `nbd:HOST:PORT:exportname=NAME`, the form of QEMU. */
function legacy(uri: string): NbdAddress | undefined {
  const match = /^nbd:(?:unix:(?<path>.+?)|(?<host>[^:/]+):(?<port>\d+))(?::exportname=(?<name>.*))?$/.exec(uri)
  if (match?.groups === undefined) return undefined
  const { path, host = '', port, name = '' } = match.groups
  return { connect: path === undefined ? { host, port: Number(port) } : { path }, exportName: name }
}

/** `nbd://HOST:PORT/NAME` and `nbd+unix:///NAME?socket=PATH`. */
function standard(uri: string): NbdAddress | undefined {
  if (!/^nbd(\+unix)?:\/\//.test(uri) || !URL.canParse(uri)) return undefined
  const { hostname, port, pathname, searchParams } = new URL(uri)
  const path = searchParams.get('socket')
  const exportName = decodeURIComponent(pathname.replace(/^\//, ''))
  if (path !== null) return { connect: { path }, exportName }
  return { connect: { host: hostname, port: port === '' ? PORT : Number(port) }, exportName }
}
