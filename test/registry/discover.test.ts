import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, lchownSync, linkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { buildSync } from 'esbuild'
import { describe, expect, test } from 'vitest'
import { discover } from '../../src/registry/discover.ts'
import { REJECTIONS, type RejectionCode } from '../../src/registry/rejections.ts'
import { lacks } from '../support/needs.ts'
import { directory, plugin, printing, script, temporaryDirectory, VOLUME_SCRIPTS } from './fixtures.ts'

const FILE = 'org.xen.xapi.storage.file'

describe('both shapes in both spellings of the directories', () => {
  test('are found, with the scripts of each', () => {
    const root = temporaryDirectory()
    plugin(join(root, 'volume.d', FILE), { scripts: VOLUME_SCRIPTS })
    plugin(join(root, 'volume/org.xen.xapi.storage.lvm'))
    plugin(join(root, 'datapath.d/raw+file'))
    script(join(root, 'datapath/loop+blkback'), printing(null))

    const { plugins, rejections } = discover([root])

    expect(rejections).toEqual([])
    expect(plugins.map(({ kind, name, shape }) => [kind, name, shape])).toEqual([
      ['volume', FILE, 'directory'],
      ['volume', 'org.xen.xapi.storage.lvm', 'directory'],
      ['datapath', 'raw+file', 'directory'],
      ['datapath', 'loop+blkback', 'file'],
    ])
    const [volume, , , single] = plugins
    expect([...(volume?.scripts.keys() ?? [])].sort()).toEqual(['Plugin.query', ...VOLUME_SCRIPTS].sort())
    expect(volume?.scripts.get('SR.ls')).toMatchObject({
      path: join(root, 'volume.d', FILE, 'SR.ls'),
      executable: true,
    })
    expect(single?.scripts.get('Datapath.attach')?.path).toBe(join(root, 'datapath/loop+blkback'))
    expect(single?.scripts.has('SR.attach')).toBe(false)
  })

  test('links to one file of the plugin, symbolic or hard, are scripts; helper files are not', () => {
    const root = temporaryDirectory()
    const path = plugin(join(root, 'volume.d', FILE))
    script(join(path, 'volume.py'), '#!/bin/sh\n')
    symlinkSync('volume.py', join(path, 'Volume.stat'))
    linkSync(join(path, 'volume.py'), join(path, 'Volume.create'))
    writeFileSync(join(path, 'README.md'), 'help')
    writeFileSync(join(path, 'plugin.ts'), '')
    symlinkSync('/dev/null', join(path, 'log'))

    const { plugins, rejections } = discover([root])

    expect(rejections).toEqual([])
    expect([...(plugins[0]?.scripts.keys() ?? [])].sort()).toEqual(['Plugin.query', 'Volume.create', 'Volume.stat'])
    expect(plugins[0]?.scripts.get('Volume.stat')?.path).toBe(join(path, 'Volume.stat'))
    expect(plugins[0]?.warnings).toEqual([])
  })

  test('a plugin may be a link to a directory elsewhere that is trusted', () => {
    const root = temporaryDirectory()
    const elsewhere = plugin(join(temporaryDirectory(), 'v2'))
    directory(join(root, 'volume.d'))
    symlinkSync(elsewhere, join(root, 'volume.d', FILE))

    expect(discover([root]).plugins.map(({ path }) => path)).toEqual([join(root, 'volume.d', FILE)])
  })
})

describe('the script of a method', () => {
  test('is found whatever its case: exact name first, then the smallest in byte order', () => {
    const root = temporaryDirectory()
    const path = join(root, 'volume.d', FILE)
    script(join(path, 'Plugin.Query'), '')
    for (const name of ['SR.ls', 'SR.LS', 'sr.stat', 'SR.STAT', 'SR.Stat']) script(join(path, name), '')

    const scripts = discover([root]).plugins[0]?.scripts

    expect(basename(scripts?.get('Plugin.query')?.path ?? '')).toBe('Plugin.Query')
    expect(basename(scripts?.get('SR.ls')?.path ?? '')).toBe('SR.ls')
    expect(basename(scripts?.get('SR.stat')?.path ?? '')).toBe('SR.STAT')
  })

  test('must be a regular file; what is not is told', () => {
    const root = temporaryDirectory()
    const path = plugin(join(root, 'volume.d', FILE))
    directory(join(path, 'SR.ls'))
    symlinkSync('nowhere', join(path, 'SR.stat'))
    script(join(path, 'SR.attach'), '', 0o644)

    const [found] = discover([root]).plugins

    expect(found?.scripts.has('SR.ls')).toBe(false)
    expect(found?.scripts.has('SR.stat')).toBe(false)
    expect(found?.scripts.get('SR.attach')?.executable).toBe(false)
    expect(found?.warnings.map(({ code, message }) => [code, message])).toEqual([
      ['script-not-executable', expect.stringContaining('SR.attach')],
      ['unusable-script', expect.stringContaining('SR.ls')],
      ['unusable-script', expect.stringContaining(join(path, 'nowhere'))],
    ])
  })

  test('a directory of the exact name does not hide a file that differs in case', () => {
    const root = temporaryDirectory()
    const path = plugin(join(root, 'volume.d', FILE))
    directory(join(path, 'SR.ls'))
    script(join(path, 'SR.Ls'), '')

    expect(discover([root]).plugins[0]?.scripts.get('SR.ls')?.path).toBe(join(path, 'SR.Ls'))
  })
})

/** What makes each rejection that a reading of the disk can give; the others are made in query.test.ts. */
const CASES: [code: RejectionCode, what: string, make: (root: string) => string][] = [
  ['no-root', 'a root that does not exist', (root) => removed(root)],
  ['no-kind-directory', 'an empty root', (root) => root],
  ['not-directory', 'a root that is a file', (root) => fileInsteadOf(root)],
  ['not-directory', 'volume.d that is a file', (root) => script(join(root, 'volume.d'), '')],
  ['dangling-link', 'volume.d that links to nothing', (root) => link('nowhere', join(root, 'volume.d'))],
  ['writable', 'a root that everybody may write', (root) => mode(0o777, directory(join(root, 'volume.d')), root)],
  ['writable', 'volume.d that everybody may write', (root) => mode(0o757, directory(join(root, 'volume.d')))],
  ['not-executable', 'a file without x', (root) => script(join(root, 'volume.d/README.md'), '', 0o644)],
  [
    'not-executable',
    'a Plugin.query without x',
    (root) => parent(script(join(root, 'volume.d/demo/Plugin.query'), '', 0o644)),
  ],
  ['no-query', 'a directory without Plugin.query', (root) => parent(script(join(root, 'volume.d/demo/SR.ls'), ''))],
  [
    'no-query',
    'a Plugin.query that is a directory',
    (root) => parent(directory(join(root, 'volume.d/x/Plugin.query'))),
  ],
  ['dangling-link', 'a plugin that links to nothing', (root) => link('../nowhere', join(root, 'datapath.d/nbd'))],
  [
    'dangling-link',
    'a Plugin.query that links to nothing',
    (root) => parent(link('x', join(root, 'volume.d/d/Plugin.query'))),
  ],
  ['link-loop', 'a plugin that links to itself', (root) => link('demo', join(root, 'volume.d/demo'))],
  ['not-file-or-directory', 'a device', (root) => link('/dev/null', join(root, 'volume.d/demo'))],
  ['temporary', 'an editor’s back-up', (root) => plugin(join(root, 'volume.d/demo~'))],
  ['temporary', 'a file dpkg left', (root) => plugin(join(root, 'volume.d/demo.dpkg-new'))],
  ['temporary', 'a file rpm left', (root) => plugin(join(root, 'datapath.d/file.rpmsave'))],
  ['temporary', 'an installer’s name', (root) => plugin(join(root, 'volume.d/demo;5f3e'))],
  ['invalid-name', 'a name with a line break', (root) => plugin(join(root, 'volume.d/de\nmo'))],
  ['invalid-scheme', 'a name that is no scheme', (root) => plugin(join(root, 'datapath.d/raw_file'))],
  ['invalid-scheme', 'a scheme that starts with a digit', (root) => plugin(join(root, 'datapath.d/9p'))],
  [
    'writable',
    'a plugin directory that everybody may write',
    (root) => mode(0o777, plugin(join(root, 'volume.d/demo'))),
  ],
  ['writable', 'a sticky plugin directory', (root) => mode(0o1777, plugin(join(root, 'volume.d/demo')))],
  ['writable', 'a script that everybody may write', (root) => withFile(root, 'SR.ls', 0o757)],
  ['writable', 'a helper that everybody may write', (root) => withFile(root, 'helper.py', 0o646)],
  ['writable', 'a single file that everybody may write', (root) => script(join(root, 'datapath.d/nbd'), '', 0o777)],
]

describe('what is no plugin is listed with the reason', () => {
  test.each(CASES)('%s: %s', (code, _what, make) => {
    const root = join(temporaryDirectory(), 'root')
    directory(root)
    const path = make(root)

    const { plugins, rejections } = discover([root])

    expect(plugins).toEqual([])
    expect(rejections.map((rejected) => [rejected.code, rejected.path])).toEqual([[code, path]])
    const [rejected] = rejections
    expect(rejected?.message).not.toBe('')
    expect(rejected?.recovery).not.toBe('')
  })

  test('the message names path, mode and owner, and the recovery is the command that mends it', () => {
    const root = temporaryDirectory()
    const path = plugin(join(root, 'volume.d/demo'), { scripts: ['SR.ls'] })
    chmodSync(join(path, 'SR.ls'), 0o757)
    const [rejected] = discover([root]).rejections

    expect(rejected?.message).toContain(join(path, 'SR.ls'))
    expect(rejected?.message).toContain('0757')
    const command = rejected?.recovery.replace(/^.*: /, '') ?? ''
    expect(command).toBe(`chmod go-w ${join(path, 'SR.ls')}`)
    execFileSync('/bin/sh', ['-c', command])
    expect(discover([root]).plugins).toHaveLength(1)
  })

  test('hidden names are not listed at all', () => {
    const root = temporaryDirectory()
    plugin(join(root, 'volume.d/.git'))
    writeFileSync(join(root, 'volume.d/.demo.swp'), '')

    expect(discover([root])).toMatchObject({ plugins: [], rejections: [] })
  })

  test('one bad neighbour does not disturb the good plugin', () => {
    const root = temporaryDirectory()
    plugin(join(root, 'volume.d', FILE))
    link('loop', join(root, 'volume.d/loop'))
    script(join(root, 'volume.d/notes.txt'), '', 0o644)

    const { plugins, rejections } = discover([root, join(root, 'absent')])

    expect(plugins.map(({ name }) => name)).toEqual([FILE])
    expect(rejections.map(({ code }) => code).sort()).toEqual(['link-loop', 'no-root', 'not-executable'])
  })

  test('every reason has a row that says what to do', () => {
    for (const row of Object.values(REJECTIONS)) expect(row.recovery).toMatch(/\w+ .*\w/)
  })
})

describe('the first root wins', () => {
  test('over later roots, and volume.d over volume; a duplicate names what shadows it', () => {
    const [first, second] = [temporaryDirectory(), temporaryDirectory()]
    const winner = plugin(join(first, 'volume.d', FILE))
    const losers = [plugin(join(first, 'volume', FILE)), plugin(join(second, 'volume.d', FILE))]
    plugin(join(second, 'datapath.d/file'))

    const { plugins, rejections } = discover([first, second])

    expect(plugins.map(({ path }) => path)).toEqual([winner, join(second, 'datapath.d/file')])
    expect(rejections.map(({ code, path, message }) => [code, path, message])).toEqual(
      losers.map((path) => ['shadowed', path, `shadowed by ${winner}`]),
    )
  })

  test('also when what it has is broken: an override never turns into what it overrides', () => {
    const [first, second] = [temporaryDirectory(), temporaryDirectory()]
    directory(join(first, 'volume.d', FILE))
    plugin(join(second, 'volume.d', FILE))

    const { plugins, rejections } = discover([first, second])

    expect(plugins).toEqual([])
    expect(rejections.map(({ code }) => code)).toEqual(['no-query', 'shadowed'])
  })

  test('a left-over file beside a plugin claims no name', () => {
    const root = temporaryDirectory()
    plugin(join(root, 'volume.d', `${FILE}.dpkg-old`))
    plugin(join(root, 'volume.d', FILE))

    expect(discover([root]).plugins.map(({ name }) => name)).toEqual([FILE])
  })

  test('schemes are compared without regard to case, and the lower-case directory wins', () => {
    const root = temporaryDirectory()
    plugin(join(root, 'datapath.d/NBD'))
    plugin(join(root, 'datapath.d/nbd'))

    const { plugins, rejections } = discover([root])

    expect(plugins.map(({ name }) => name)).toEqual(['nbd'])
    expect(rejections.map(({ code, name }) => [code, name])).toEqual([['shadowed', 'NBD']])
  })

  test('a root named twice, or volume linked to volume.d, is one', () => {
    const root = temporaryDirectory()
    plugin(join(root, 'volume.d', FILE))
    link('volume.d', join(root, 'volume'))

    expect(discover([root, `${root}/`, join(root, '../', basename(root))])).toMatchObject({
      plugins: [{ path: join(root, 'volume.d', FILE) }],
      rejections: [],
    })
  })
})

describe('above the root', () => {
  test('a directory that others may write is a warning, a sticky one is none', () => {
    const above = directory(join(temporaryDirectory(), 'above'))
    const root = directory(join(above, 'root'))
    plugin(join(root, 'volume.d', FILE))
    chmodSync(above, 0o1777)
    const aboutAbove = () => discover([root]).warnings.filter(({ message }) => message.includes(`: ${above} `))
    expect(aboutAbove()).toEqual([])

    chmodSync(above, 0o777)
    const { plugins } = discover([root])

    expect(plugins).toHaveLength(1)
    expect(aboutAbove()).toMatchObject([{ code: 'replaceable-root' }])
  })
})

describe.skipIf(lacks('root'))('owners', () => {
  const SOMEBODY = 65_534
  const OWNED: [what: string, make: (root: string) => string][] = [
    ['a plugin directory', (root) => plugin(join(root, 'volume.d/demo'))],
    ['a script', (root) => join(plugin(join(root, 'volume.d/demo'), { scripts: ['SR.ls'] }), 'SR.ls')],
    ['the directory of plugins', (root) => parent(plugin(join(root, 'volume.d/demo')))],
    ['the root', (root) => resolve(plugin(join(root, 'volume.d/demo')), '../..')],
    ['a single file', (root) => script(join(root, 'datapath.d/nbd'), '')],
    ['a link', (root) => link(plugin(join(root, 'elsewhere')), join(root, 'volume.d/demo'))],
  ]

  test.each(OWNED)('%s of somebody else is refused', (_what, make) => {
    const root = directory(join(temporaryDirectory(), 'root'))
    const path = make(root)
    lchownSync(path, SOMEBODY, 0)

    const { plugins, rejections } = discover([root])

    expect(plugins).toEqual([])
    expect(rejections.map(({ code }) => code)).toEqual(['foreign-owner'])
    expect(rejections[0]?.message).toContain(`${path} is owned by user ${SOMEBODY}`)
    expect(rejections[0]?.recovery).toContain(`chown -h root ${path}`)
  })

  test.each([0, 1])('a plugin directory that group %d may write is refused, root’s group included', (gid) => {
    const root = temporaryDirectory()
    const path = plugin(join(root, 'volume.d/demo'))
    chownSync(path, 0, gid)
    chmodSync(path, 0o775)

    const { plugins, rejections } = discover([root])

    expect(plugins).toEqual([])
    expect(rejections.map(({ code, message }) => [code, message])).toEqual([
      ['writable', expect.stringContaining(`may be written by group ${gid} (mode 0775, owner 0:${gid})`)],
    ])
  })

  test('what a link leads to, and where that stands, are refused too', () => {
    const root = temporaryDirectory()
    const outside = directory(join(temporaryDirectory(), 'outside'))
    const target = script(join(outside, 'sr.py'), '#!/bin/sh\n')
    const path = plugin(join(root, 'volume.d/demo'))
    link(target, join(path, 'SR.ls'))
    expect(discover([root]).plugins).toHaveLength(1)

    chownSync(target, SOMEBODY, 0)
    expect(discover([root]).rejections.map(({ code }) => code)).toEqual(['foreign-owner'])
    chownSync(target, 0, 0)
    chmodSync(outside, 0o777)
    expect(discover([root]).rejections.map(({ code }) => code)).toEqual(['writable'])
    chmodSync(outside, 0o1777)
    expect(discover([root]).plugins).toHaveLength(1)
  })

  test('an unprivileged user sees what he may not read, trusts himself and his private group only', async () => {
    const root = directory(join(temporaryDirectory(), 'root'))
    chmodSync(resolve(root, '..'), 0o755)
    const unreadable = plugin(join(root, 'volume.d/secret'))
    chmodSync(unreadable, 0o711)
    const own = plugin(join(root, 'volume.d/own'))
    chownSync(own, SOMEBODY, SOMEBODY)
    chownSync(join(own, 'Plugin.query'), SOMEBODY, SOMEBODY)
    chmodSync(own, 0o775)
    const shared = plugin(join(root, 'volume.d/shared'))
    chownSync(shared, SOMEBODY, 0)
    chmodSync(shared, 0o775)

    // In one file, as the other user may not be let into this repository.
    const program = join(root, '../discover.mjs')
    buildSync({
      stdin: {
        contents: `import { discover } from './discover.ts'
          const { plugins, rejections } = discover([${JSON.stringify(root)}])
          console.log(JSON.stringify([plugins.map(p => p.path), rejections.map(r => [r.code, r.path])]))`,
        resolveDir: resolve(import.meta.dirname, '../../src/registry'),
      },
      outfile: program,
      ...{ bundle: true, platform: 'node', format: 'esm' },
    })
    const stdout = execFileSync(process.execPath, [program], { cwd: '/', uid: SOMEBODY, gid: SOMEBODY, env: {} })

    expect(JSON.parse(String(stdout))).toEqual([
      [own],
      [
        ['unreadable', unreadable],
        ['writable', shared],
      ],
    ])
  })
})

function removed(path: string): string {
  rmSync(path, { recursive: true })
  return path
}

function fileInsteadOf(path: string): string {
  return script(removed(path), '')
}

function link(target: string, path: string): string {
  directory(parent(path))
  symlinkSync(target, path)
  return path
}

function mode(bits: number, made: string, path = made): string {
  chmodSync(path, bits)
  return path
}

function withFile(root: string, name: string, bits: number): string {
  const path = plugin(join(root, 'volume.d/demo'))
  script(join(path, name), '', bits)
  return path
}

function parent(path: string): string {
  return resolve(path, '..')
}
