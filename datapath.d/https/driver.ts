/** Images on HTTPS servers, which can only be read. */
import { credentialsOf } from '../../src/engine/credentials.ts'
import { describeDisk } from '../../src/engine/disk-options.ts'
import { DiskUriError } from '../../src/engine/disk-uri.ts'
import type { SchemeDriver } from '../../src/engine/qsd/datapath.ts'
import { endRelay, REQUEST_SECONDS, relaySocket, startRelay } from './relay.ts'
import { authorityOf, OWN_OPTIONS, urlOf } from './url.ts'

const PORT = 443

export const httpsDriver: SchemeDriver = {
  options: OWN_OPTIONS,
  unknownOptions: 'passed on',
  group: (uri) => `https:${authorityOf(uri)}`,
  server: (uri) => ({ host: uri.host, port: uri.port ?? PORT }),
  async start(uri, options) {
    const ca = options.own.get('ca')
    if (ca !== undefined) await startRelay(uri, ca, credentialsOf(uri, options))
  },
  release: endRelay,
  describe(uri, options) {
    if (uri.host === '') throw new DiskUriError(uri.text, 'it names no server')
    const storage = { path: uri.path, readOnly: true }
    if (options.own.has('ca')) {
      const server = { type: 'unix', path: relaySocket(uri) } as const
      return describeDisk(
        { ...storage, protocol: { driver: 'nbd', server, 'reconnect-delay': REQUEST_SECONDS } },
        options,
      )
    }
    const { user, password } = credentialsOf(uri, options)
    return describeDisk(
      {
        ...storage,
        protocol: {
          driver: 'https',
          url: urlOf(uri),
          timeout: REQUEST_SECONDS,
          ...(user === undefined ? {} : { username: user }),
        },
        ...(password === undefined ? {} : { secrets: [{ option: 'password-secret', data: password }] }),
      },
      options,
    )
  },
}
