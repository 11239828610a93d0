/** SRs in directories of SMB shares. */
import { join } from 'node:path'
import type { Configuration, ProbeResult, RepositoryDriver } from '../../src/engine/images/driver.ts'
import { incomplete } from '../../src/engine/images/probe.ts'
import { LEASES } from '../../src/engine/lease/lease.ts'
import { mountedDirectory, releaseMount, useMount } from '../../src/engine/mount/mount.ts'
import type { Mountable } from '../../src/engine/mount/mounter.ts'
import { frontOf } from '../../src/engine/qsd/datapath-front.ts'
import { diskOf } from '../../src/engine/qsd/disk.ts'
import { reachServer } from '../../src/engine/server.ts'
import { clientOf } from '../../src/engine/smb/clients.ts'
import {
  forgetLogin,
  isSomebody,
  type LoginSource,
  loginFile,
  readLogin,
  savedLogin,
  saveLogin,
} from '../../src/engine/smb/login-file.ts'
import { mountableShare } from '../../src/engine/smb/share.ts'
import { sharesOf } from '../../src/engine/smb/smbclient.ts'
import { ConfigurationError, SrUnreachableError } from '../../src/engine/sr/errors.ts'
import { addressAt, addressOf, locationOf, loginOf, pathOf, serverOf, uriOf } from './location.ts'
import { space } from './space.ts'

export const driver: RepositoryDriver = {
  plugin: 'smb',
  locate: (configuration) => locationOf(addressOf(configuration)),
  below(location, name) {
    const address = addressAt(location.sr)
    return locationOf({ ...address, path: join(address.path, name) })
  },
  connect: ({ sr }, configuration) => connect(sr, loginOf(configuration)),
  async disconnect(sr) {
    await releaseMount(mountable(sr, savedLogin(sr)), sr)
    forgetLogin(sr)
  },
  async check({ sr }) {
    const { host, port } = addressAt(sr)
    await reachServer({ host, port })
    const login = savedLogin(sr)
    if (mountedDirectory(mountable(sr, login)) === undefined) await connect(sr, login)
  },
  probe,
  imageUri({ sr }, fileName) {
    const address = addressAt(sr)
    const uri = uriOf({ ...address, path: join(address.path, fileName) })
    const { file } = savedLogin(sr)
    return file === undefined ? uri : `${uri}?credentials=${encodeURIComponent(file)}`
  },
  locks: LEASES,
  localDisk(uri) {
    const daemon = `smb:${addressAt(uri).host}`
    return { disk: diskOf(daemon, uri), front: frontOf(daemon, uri) }
  },
  // Another host may have them open, and none knows of the others.
  mayMerge: () => false,
  space,
}

/** Each SR has a mount of its own, which is that of the URIs of its volumes as well. */
function mountable(sr: string, login: LoginSource): Mountable {
  return mountableShare(addressAt(sr), { credentials: isSomebody(login) ? loginFile(sr) : undefined })
}

async function connect(sr: string, login: LoginSource): Promise<string> {
  const address = addressAt(sr)
  await reachServer(address)
  const what = mountable(sr, login)
  const mounter = clientOf(undefined).mounter(address, readLogin(login))
  const outcome = await useMount(what, sr, () => mounter)
  // That of an SR that is attached was found good then; another one was not tried.
  if (outcome === 'mounted') saveLogin(sr, login)
  const root = mountedDirectory(what)
  if (root === undefined) throw new SrUnreachableError(`the mount of ${sr} has ended at once`)
  return join(root, address.path)
}

async function probe(configuration: Configuration): Promise<readonly ProbeResult[] | undefined> {
  if (configuration.server === undefined) return [incomplete(configuration, 'server is missing: give server=NAME')]
  if (pathOf(configuration) !== undefined) return undefined
  const server = serverOf(configuration)
  await reachServer(server)
  const login = loginOf(configuration)
  if (login.login !== undefined) return withLoginFile(configuration, server)
  return shares(configuration, server, login)
}

/** smbclient takes a login from a file only. */
function withLoginFile(configuration: Configuration, server: { host: string; port: number }): readonly ProbeResult[] {
  const name = `probe ${process.pid}`
  try {
    saveLogin(name, loginOf(configuration))
    return shares(configuration, server, savedLogin(name))
  } finally {
    forgetLogin(name)
  }
}

function shares(
  configuration: Configuration,
  server: { host: string; port: number },
  login: LoginSource,
): readonly ProbeResult[] {
  const found = sharesOf(server, login)
  if (found.length === 0) throw new ConfigurationError(`the server ${server.host} tells this user of no share`)
  return found.map(({ name, comment }) =>
    incomplete(
      { ...configuration, server: server.host, serverpath: `/${name}` },
      `${comment === '' ? 'a share' : comment}: probe again with this serverpath`,
    ),
  )
}
