/** Faults that lose or mix up bytes. */
import type { Twin } from './twin.ts'

const LINK = 'os.link(image(sr, key), target)'
const COPY = 'copy_image(dbg, image(sr, key), target)'

export const DATA: readonly Twin[] = [
  {
    name: 'throws away what was written when a disk is deactivated',
    language: 'python',
    breaks: 'DATA-KEEP-001',
    text: [
      [
        'datapath',
        '                call(dbg, ["blockdev", "--flushbufs", device])\n',
        '                call(dbg, ["blockdev", "--flushbufs", device])\n                call(dbg, ["fallocate", "--punch-hole", "--keep-size", "--length", "4MiB", Disk(uri).path], error=False)\n',
      ],
    ],
    also: ['DATA-DOMAIN-001'],
  },
  {
    name: 'throws away what was written when a disk is detached',
    language: 'sh',
    breaks: 'DATA-KEEP-002',
    text: [
      [
        'datapath',
        '    rm -f "$record"\n',
        '    rm -f "$record"\n    [ ! -w "$path" ] || fallocate --punch-hole --keep-size --length 4MiB "$path"\n',
      ],
    ],
    also: ['DATA-DOMAIN-001'],
  },
  {
    name: 'has volumes that share their bytes',
    language: 'python',
    breaks: 'DATA-RANGE-002',
    text: [
      [
        'volume',
        '                file.truncate(length)\n',
        '                file.truncate(length)\n            for other in keys_of(sr):\n                if os.path.getsize(image(sr, other)) == length and os.access(image(sr, other), os.W_OK):\n                    os.unlink(path)\n                    os.link(image(sr, other), path)\n                    break\n',
      ],
    ],
  },
  {
    name: 'makes volumes with what was there before',
    language: 'python',
    breaks: 'DATA-ZERO-001',
    text: [
      [
        'volume',
        '            with open(path, "xb") as file:\n                file.truncate(length)',
        '            with open(path, "xb") as file:\n                file.write(b"old" * 1024)\n                file.truncate(length)',
      ],
    ],
  },
  {
    name: 'makes empty snapshots',
    language: 'python',
    breaks: 'DATA-SNAPSHOT-001',
    text: [
      [
        'volume',
        `lambda target: ${COPY})`,
        `lambda target: ${COPY} if read_write else open(target, "x").truncate(os.path.getsize(image(sr, key))))`,
      ],
    ],
  },
  {
    name: 'has snapshots that share their bytes with the origin',
    language: 'python',
    breaks: 'DATA-SNAPSHOT-002',
    text: [
      ['volume', `lambda target: ${COPY})`, `lambda target: ${COPY} if read_write else ${LINK})`],
      ['volume', '        os.chmod(image(sr, key), 0o600 if record["read_write"] else 0o400)\n', ''],
    ],
    also: ['VOL-SNAPSHOT-007'],
  },
  {
    name: 'lets snapshots be written',
    language: 'sh',
    breaks: 'DATA-SNAPSHOT-005',
    text: [
      [
        'datapath',
        '    elif [ "$(stat -c %a "$path")" = 400 ]; then\n      device=$(losetup --find --show --read-only "$path")\n',
        '',
      ],
    ],
  },
  {
    name: 'has clones that share their bytes with the origin',
    language: 'python',
    breaks: 'DATA-CLONE-002',
    text: [['volume', `lambda target: ${COPY})`, `lambda target: ${LINK} if read_write else ${COPY})`]],
    also: ['VOL-CLONE-008', 'DATA-COPY-001'],
  },
  {
    name: 'makes clones without the first MiB',
    language: 'python',
    breaks: 'DATA-CLONE-001',
    text: [
      [
        'volume',
        '            return derive(dbg, sr, key, sr, read_write=True)',
        '            made = derive(dbg, sr, key, sr, read_write=True)\n            call(dbg, ["fallocate", "--punch-hole", "--length", "1MiB", image(sr, made["key"])])\n            return volume(sr, made["key"])',
      ],
    ],
  },
  {
    name: 'loses the bytes of a volume that it enlarges',
    language: 'python',
    breaks: 'DATA-RESIZE-001',
    text: [
      [
        'volume',
        '            os.truncate(image(sr, key), length)\n',
        '            with open(image(sr, key), "wb") as file:\n                file.truncate(length)\n',
      ],
    ],
  },
  {
    name: 'enlarges volumes by what was there before',
    language: 'python',
    breaks: 'DATA-RESIZE-002',
    text: [
      [
        'volume',
        '            os.truncate(image(sr, key), length)\n',
        '            with open(image(sr, key), "ab") as file:\n                file.write(b"old " * ((length - current["virtual_size"]) // 4))\n',
      ],
    ],
  },
  {
    name: 'reverts nothing',
    language: 'python',
    breaks: 'DATA-REVERT-001',
    text: [['volume', 'copy_image(dbg, image(sr, snapshot), target)', 'copy_image(dbg, image(sr, key), target)']],
    also: ['VOL-REVERT-004'],
  },
  {
    name: 'copies half of a volume to another SR',
    language: 'python',
    breaks: 'DATA-COPY-001',
    text: [
      [
        'volume',
        '                return derive(dbg, sr, key, dest_sr, read_write=True)\n            with Lock(second):',
        '                made = derive(dbg, sr, key, dest_sr, read_write=True)\n                half = made["virtual_size"] // 2 // SIZE_UNIT * SIZE_UNIT\n                call(dbg, ["fallocate", "--punch-hole", "--offset", str(half), "--length", str(half), image(sr, made["key"])])\n                return made\n            with Lock(second):',
      ],
    ],
  },
  {
    name: 'keeps what was written to a non-persistent disk',
    language: 'python',
    breaks: 'DATA-NONPERSISTENT-001',
    text: [
      ['datapath', '            if persistent:\n', '            if persistent or domain_of(uri):\n'],
      [
        'datapath',
        'class NotAttached(Exception):',
        'def domain_of(uri):\n    return uri\n\n\nclass NotAttached(Exception):',
      ],
    ],
  },
  {
    name: 'throws away what was written to a persistent disk',
    language: 'python',
    breaks: 'DATA-NONPERSISTENT-002',
    text: [['datapath', '            if persistent:\n                disk.forget()\n                return\n', '']],
  },
]
