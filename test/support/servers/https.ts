/** An HTTPS server for the files of a directory, with a certificate that only its own file of authorities knows. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface HttpsServer {
  /** Such as https://localhost:1234. */
  readonly origin: string
  /** Path of the certificate, in the directory that is served. */
  readonly ca: string
  /** What was asked for so far. */
  readonly requests: { readonly path: string; readonly authorisation: string | undefined }[]
  /** From now on it takes requests and answers none of them, or answers again. */
  silence(on: boolean): void
  stop(): Promise<void>
  /** Starts it again after stop(), with the same address. */
  restart(): Promise<void>
}

/** Below this path, the same files are served only to who is authorised. */
const PRIVATE = '/private'

/** @param authorisation the header that opens what is private */
export async function httpsServer(directory: string, authorisation?: string): Promise<HttpsServer> {
  const ca = join(directory, 'ca.pem')
  const key = join(directory, 'key.pem')
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const lifetime = ['-days', '2', '-keyout', key, '-out', ca]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...lifetime, ...names], { stdio: 'ignore' })
  const requests: HttpsServer['requests'] = []
  let silent = false
  const server = createServer({ key: readFileSync(key), cert: readFileSync(ca) }, (request, response) => {
    if (silent) return
    const { pathname } = new URL(request.url ?? '', 'https://localhost')
    requests.push({ path: request.url ?? '', authorisation: request.headers.authorization })
    if (pathname.startsWith(PRIVATE) && request.headers.authorization !== authorisation) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' }).end()
      return
    }
    const path = join(directory, pathname.replace(PRIVATE, ''))
    const size = statSync(path, { throwIfNoEntry: false })?.size
    if (size === undefined) {
      response.writeHead(404).end()
      return
    }
    const { range } = request.headers
    const [, first = '0', last = String(size - 1)] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []
    const end = Math.min(Number(last), size - 1)
    const length = end - Number(first) + 1
    response.writeHead(range === undefined ? 200 : 206, {
      'Accept-Ranges': 'bytes',
      'Content-Length': length,
      'Content-Range': `bytes ${first}-${end}/${size}`,
    })
    response.end(request.method === 'HEAD' ? undefined : bytesOf(path, Number(first), length))
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    origin: `https://localhost:${port}`,
    ca,
    requests,
    silence(on) {
      silent = on
      server.closeAllConnections()
    },
    restart: () => listen(port),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function bytesOf(path: string, offset: number, length: number): Buffer {
  const body = Buffer.alloc(length)
  const descriptor = openSync(path, 'r')
  try {
    readSync(descriptor, body, 0, length, offset)
    return body
  } finally {
    closeSync(descriptor)
  }
}
