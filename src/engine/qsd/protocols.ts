/** Where the bytes of an image are, as QMP says it. */

/** What a node names to prove who it is: handed over by QMP and never on a command line. */
export type Secret =
  | {
      /** The option of the protocol that takes the secret's name, such as `password-secret` or `key-secret`. */
      readonly option: string
      readonly data: string
      /** How the data are written, where they are bytes rather than text. */
      readonly format?: 'base64'
    }
  | {
      readonly option: 'tls-creds'
      readonly 'qom-type': 'tls-creds-x509' | 'tls-creds-psk'
      readonly endpoint: 'client'
      /** The directory of certificates or keys. */
      readonly dir: string
      /** To whom a key belongs. */
      readonly username?: string
    }

/** The server of an NBD export (QMP's SocketAddress). */
export type SocketAddress =
  | { readonly type: 'unix'; readonly path: string }
  | { readonly type: 'inet'; readonly host: string; readonly port: string }

/** Where the bytes of an image are; the members of each are QMP's BlockdevOptions of the driver. */
export type Protocol =
  | {
      readonly driver: 'file' | 'host_device'
      readonly filename: string
      /** `off`: QEMU takes no locks; they are of the whole file, and so no use where the disk is only a part of it. */
      readonly locking?: 'off'
    }
  | {
      readonly driver: 'nfs'
      readonly server: { readonly type: 'inet'; readonly host: string }
      readonly path: string
      readonly user?: number
      readonly group?: number
    }
  | {
      readonly driver: 'iscsi'
      readonly transport: 'tcp' | 'iser'
      readonly portal: string
      readonly target: string
      readonly lun: number
      readonly user?: string
      readonly 'initiator-name'?: string
    }
  | {
      readonly driver: 'rbd'
      readonly pool: string
      readonly namespace?: string
      readonly image: string
      readonly snapshot?: string
      readonly conf?: string
      readonly server?: readonly { readonly host: string; readonly port: string }[]
      readonly user?: string
    }
  | {
      readonly driver: 'nbd'
      readonly server: SocketAddress
      readonly export?: string
      readonly 'reconnect-delay'?: number
      readonly 'open-timeout'?: number
      readonly 'tls-hostname'?: string
    }
  | {
      readonly driver: 'http' | 'https'
      readonly url: string
      readonly username?: string
      readonly sslverify?: boolean
      readonly timeout?: number
    }
