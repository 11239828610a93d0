/** Datapath plugin for the exports of NBD servers, for the schemes of the NBD URI specification. */
import { describeDisk } from '../../src/engine/disk-options.ts'
import { TLS_OPTIONS, tlsOf } from '../../src/engine/nbd-tls.ts'
import { type NbdAddress, nbdAddressOf } from '../../src/engine/nbd-uri.ts'
import { qsdDatapath, type SchemeDriver } from '../../src/engine/qsd/datapath.ts'
import { qsdDiagnostics } from '../../src/engine/qsd/datapath-diagnostics.ts'
import type { Protocol } from '../../src/engine/qsd/description.ts'
import { definePlugin, type Plugin } from '../../src/kit/index.ts'

/** Seconds that requests wait for a server that is being restarted, before they fail. */
const RECONNECT_SECONDS = '10'

const nbdDriver: SchemeDriver = {
  options: { socket: 'absolute path', 'reconnect-delay': 'positive integer', ...TLS_OPTIONS },
  group: (uri) => `nbd:${serverName(nbdAddressOf(uri))}`,
  server(uri) {
    const { server } = nbdAddressOf(uri)
    return server.type === 'inet' ? { host: server.host, port: Number(server.port) } : undefined
  },
  describe(uri, options) {
    const tls = tlsOf(uri, options.own)
    const protocol: Protocol = {
      driver: 'nbd',
      ...nbdAddressOf(uri),
      'reconnect-delay': Number(options.own.get('reconnect-delay') ?? RECONNECT_SECONDS),
      ...(tls?.hostname === undefined ? {} : { 'tls-hostname': tls.hostname }),
    }
    // The name of an export has no extension that would mean a format.
    return describeDisk({ protocol, path: '', ...(tls === undefined ? {} : { secrets: [tls.secret] }) }, options)
  },
}

/** The plugin for a scheme. */
export function nbdPlugin(scheme: string): Plugin {
  return definePlugin({
    query: {
      plugin: scheme,
      name: 'Exports of NBD servers',
      description: `Reaches ${scheme}: URIs through QEMU`,
      vendor: 'smapiv3',
      copyright: '© the smapiv3 authors, MIT licence',
      version: '0.1.0',
      configuration: {},
      features: ['VDI_MIRROR', 'VDI_MIRROR_IN'],
    },
    Plugin: { diagnostics: () => qsdDiagnostics(scheme), ls: () => [] },
    ...qsdDatapath(nbdDriver),
  })
}

function serverName({ server }: NbdAddress): string {
  return server.type === 'unix' ? server.path : `${server.host}:${server.port}`
}
