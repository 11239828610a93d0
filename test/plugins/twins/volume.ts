/** Faults in the life of a volume. */
import type { Twin } from './twin.ts'

const COPIED_KEYS = '"keys": {},\n        "read_write": read_write'

export const VOLUME: readonly Twin[] = [
  {
    name: 'rounds sizes down',
    language: 'python',
    breaks: 'VOL-CREATE-002',
    also: ['VOL-RESIZE-001'],
    text: [
      [
        'volume',
        '    return max(1, -(-size // SIZE_UNIT)) * SIZE_UNIT',
        '    return max(1, size // SIZE_UNIT) * SIZE_UNIT',
      ],
    ],
  },
  {
    name: 'forgets the description of a volume',
    language: 'sh',
    breaks: 'VOL-CREATE-004',
    text: [
      [
        'volume',
        '"$key" "$name_json" "$description_json" "$sharable_json"',
        `"$key" "$name_json" '""' "$sharable_json"`,
      ],
    ],
  },
  {
    name: 'makes every volume sharable',
    language: 'python',
    breaks: 'VOL-CREATE-009',
    text: [['volume', '"read_write": True, "sharable": sharable}', '"read_write": True, "sharable": True}']],
  },
  {
    name: 'makes a volume of what there is room for',
    language: 'python',
    breaks: 'VOL-CREATE-010',
    text: [['volume', '    if size < 0 or size > MAX_SIZE:', '    size = min(size, 2**40)\n    if size < 0:']],
    also: ['PRO-INT64-001'],
  },
  {
    name: 'takes a negative size for none',
    language: 'python',
    breaks: 'VOL-CREATE-011',
    text: [['volume', '    if size < 0 or size > MAX_SIZE:', '    if size > MAX_SIZE:']],
  },
  {
    name: 'answers the size asked for, and not the one it has made',
    language: 'python',
    breaks: 'VOL-STAT-001',
    also: ['DP-ATTACH-006'],
    text: [
      [
        'volume',
        '        with Lock(sr):\n            return make(sr, record, fill)',
        '        with Lock(sr):\n            return {**make(sr, record, fill), "virtual_size": size}',
      ],
    ],
  },
  {
    name: 'makes volumes without a uuid',
    language: 'sh',
    breaks: 'VOL-CREATE-007',
    text: [['volume', ',\\"uuid\\":\\"$1\\",', ',']],
  },
  {
    name: 'knows every key',
    language: 'typescript',
    breaks: 'VOL-STAT-002',
    text: [
      [
        'volume',
        '      stat({ sr, key }) {\n        checkAttached(sr)\n',
        '      stat({ sr, key }) {\n        checkAttached(sr)\n        const size = { virtual_size: 4194304, physical_utilisation: 0 }\n        const made = { name: "", description: "", read_write: true, sharable: false, uri: [], keys: {} }\n        if (KEY.test(key) && !existsSync(join(sr, key))) return { key, uuid: key, ...made, ...size }\n',
      ],
    ],
    also: ['VOL-DESTROY-001', 'SR-SECOND-004'],
  },
  {
    name: 'has an error of its own for an unknown key',
    language: 'python',
    breaks: 'VOL-STAT-003',
    text: [
      [
        'volume',
        '    except FileNotFoundError:\n        raise Volume_does_not_exist(key) from None\n\n\ndef volume',
        '    except FileNotFoundError:\n        raise KeyError(key) from None\n\n\ndef volume',
      ],
    ],
  },
  {
    name: 'ignores metadata of what does not exist',
    language: 'python',
    breaks: 'VOL-UNKNOWN-001',
    text: [
      [
        'volume',
        '    with Lock(sr):\n        record = read_record(sr, key)',
        '    if not os.path.exists(record_file(sr, key)):\n        return\n    with Lock(sr):\n        record = read_record(sr, key)',
      ],
    ],
  },
  {
    name: 'forgets metadata',
    language: 'python',
    breaks: 'VOL-SET-001',
    text: [['volume', 'record["keys"].update({k: v})', 'record["keys"].update({})']],
  },
  {
    name: 'never changes metadata that is there',
    language: 'python',
    breaks: 'VOL-SET-002',
    text: [['volume', 'record["keys"].update({k: v})', 'record["keys"].setdefault(k, v)']],
  },
  {
    name: 'takes an empty value for none',
    language: 'python',
    breaks: 'VOL-SET-005',
    also: ['INP-EMPTY-001'],
    text: [['volume', 'record["keys"].update({k: v})', 'record["keys"].update({k: v} if v else {})']],
  },
  {
    name: 'keeps the metadata of all volumes together',
    language: 'python',
    breaks: 'VOL-SET-006',
    text: [
      [
        'volume',
        '        change(record)\n        write(record_file(sr, key), record)\n',
        '        change(record)\n        write(record_file(sr, key), record)\n        for other in keys_of(sr):\n            write(record_file(sr, other), {**read_record(sr, other), "keys": record["keys"]})\n',
      ],
    ],
    also: ['VOL-SNAPSHOT-008'],
    hitsOthers: true,
  },
  {
    name: 'keeps a few keys of metadata only',
    language: 'python',
    breaks: 'VOL-SET-004',
    text: [
      ['volume', 'record["keys"].update({k: v})', 'record["keys"].update({} if k == "clone-on-boot" else {k: v})'],
    ],
  },
  {
    name: 'renames a volume with its metadata',
    language: 'python',
    breaks: 'VOL-SET-007',
    text: [
      [
        'volume',
        'lambda record: record["keys"].update({k: v})',
        'lambda record: [record["keys"].update({k: v}), record.update(description=v)]',
      ],
    ],
  },
  {
    name: 'removes all metadata with one key',
    language: 'sh',
    breaks: 'VOL-UNSET-001',
    text: [['volume', "'del(.keys[$params.k])'", "'.keys = {}'"]],
  },
  {
    name: 'cannot remove metadata that is not there',
    language: 'python',
    breaks: 'VOL-UNSET-002',
    text: [['volume', 'record["keys"].pop(k, None)', 'record["keys"].pop(k)']],
  },
  {
    name: 'does not rename a volume',
    language: 'sh',
    breaks: 'VOL-NAME-001',
    text: [
      [
        'volume',
        "key:string new_name:string\n    update '.name = $params.new_name'",
        "key:string new_name:string\n    update '.'",
      ],
    ],
    also: ['VOL-SNAPSHOT-008'],
  },
  {
    name: 'adds to a description, where it should replace it',
    language: 'python',
    breaks: 'VOL-DESC-001',
    text: [
      [
        'volume',
        'record.update(description=new_description)',
        'record.update(description=record["description"] + new_description)',
      ],
    ],
  },
  {
    name: 'does not enlarge a volume',
    language: 'python',
    breaks: 'VOL-RESIZE-001',
    text: [['volume', '            os.truncate(image(sr, key), length)\n', '']],
    also: ['DATA-RESIZE-001', 'DATA-RESIZE-002'],
  },
  {
    name: 'accepts a shrink and does nothing',
    language: 'python',
    breaks: 'VOL-RESIZE-002',
    text: [
      [
        'volume',
        '                raise XenAPIException("SR_BACKEND_FAILURE_79", ["VDI Invalid size", "shrinking is not possible"])',
        '                return',
      ],
    ],
  },
  {
    name: 'refuses a shrink by another code',
    language: 'python',
    breaks: 'VOL-RESIZE-003',
    text: [
      [
        'volume',
        'XenAPIException("SR_BACKEND_FAILURE_79", ["VDI Invalid size", "shrinking',
        'XenAPIException("SR_BACKEND_FAILURE", ["VDI Invalid size", "shrinking',
      ],
    ],
  },
  {
    name: 'refuses the size that a volume has',
    language: 'python',
    breaks: 'VOL-RESIZE-004',
    text: [['volume', 'if length < current["virtual_size"]:', 'if length <= current["virtual_size"]:']],
  },
  {
    name: 'enlarges snapshots',
    language: 'python',
    breaks: 'VOL-RESIZE-006',
    text: [
      [
        'volume',
        '            if not current["read_write"]:\n                raise XenAPIException("SR_BACKEND_FAILURE", ["ReadOnly", "a snapshot cannot be resized"])\n',
        '',
      ],
    ],
  },
  {
    name: 'does not destroy a volume',
    language: 'python',
    breaks: 'VOL-DESTROY-001',
    text: [
      ['volume', '            for path in (record_file(sr, key), image(sr, key)):', '            for path in ():'],
    ],
    also: ['SR-LS-003', 'VOL-STAT-002'],
  },
  {
    name: 'cannot destroy what is gone',
    language: 'sh',
    breaks: 'VOL-DESTROY-002',
    text: [['volume', '    rm -f "$sr/$key.json"\n', '    rm "$sr/$key.json"\n']],
  },
  {
    name: 'destroys the clones of a volume with it',
    language: 'python',
    breaks: 'VOL-CHAIN-001',
    text: [
      [
        'volume',
        '        with Lock(sr):\n            for path in (record_file(sr, key), image(sr, key)):',
        '        with Lock(sr):\n            root = read_record(sr, key)["root"] if os.path.exists(record_file(sr, key)) else None\n            for other in keys_of(sr):\n                if root == key and read_record(sr, other)["root"] == root:\n                    os.unlink(record_file(sr, other))\n            for path in (record_file(sr, key), image(sr, key)):',
      ],
    ],
  },
  {
    name: 'makes snapshots that can be written',
    language: 'python',
    breaks: 'VOL-SNAPSHOT-002',
    text: [
      [
        'volume',
        'return derive(dbg, sr, key, sr, read_write=False)',
        'return derive(dbg, sr, key, sr, read_write=True)',
      ],
    ],
    also: ['DATA-SNAPSHOT-005'],
  },
  {
    name: 'gives snapshots another name',
    language: 'sh',
    breaks: 'VOL-SNAPSHOT-003',
    text: [
      [
        'volume',
        `'{key: $key, name, description, keys: {}, read_write: $read_write, sharable: false}'`,
        `'{key: $key, name: (if $read_write then .name else "snapshot of " + .name end), description, keys: {}, read_write: $read_write, sharable: false}'`,
      ],
    ],
  },
  {
    name: 'copies metadata to snapshots',
    language: 'python',
    breaks: 'VOL-SNAPSHOT-004',
    text: [['volume', COPIED_KEYS, '"keys": {} if read_write else origin["keys"],\n        "read_write": read_write']],
  },
  {
    name: 'makes snapshots of the size that was written',
    language: 'python',
    breaks: 'VOL-SNAPSHOT-005',
    text: [
      [
        'volume',
        '            return derive(dbg, sr, key, sr, read_write=False)',
        '            taken = derive(dbg, sr, key, sr, read_write=False)\n            os.truncate(image(sr, taken["key"]), max(SIZE_UNIT, taken["physical_utilisation"] // 2 // SIZE_UNIT * SIZE_UNIT))\n            return volume(sr, taken["key"])',
      ],
    ],
  },
  {
    name: 'makes the origin of a snapshot read-only',
    language: 'python',
    breaks: 'VOL-SNAPSHOT-006',
    text: [
      [
        'volume',
        '            return derive(dbg, sr, key, sr, read_write=False)',
        '            write(record_file(sr, key), {**read_record(sr, key), "read_write": False})\n            return derive(dbg, sr, key, sr, read_write=False)',
      ],
    ],
    also: ['VOL-SNAPSHOT-007'],
  },
  {
    name: 'takes no snapshots of snapshots',
    language: 'python',
    breaks: 'VOL-SNAPSHOT-009',
    text: [
      [
        'volume',
        '            return derive(dbg, sr, key, sr, read_write=False)',
        '            if not read_record(sr, key)["read_write"]:\n                raise ConfigurationError("it is a snapshot")\n            return derive(dbg, sr, key, sr, read_write=False)',
      ],
    ],
  },
  {
    name: 'takes ten snapshots of a volume',
    language: 'python',
    breaks: 'VOL-SNAPSHOT-010',
    also: ['VOL-CLONE-007'],
    text: [
      [
        'volume',
        '            return derive(dbg, sr, key, sr, read_write=False)',
        '            root = read_record(sr, key)["root"]\n            if len([other for other in keys_of(sr) if read_record(sr, other)["root"] == root]) > 10:\n                raise XenAPIException("SR_BACKEND_FAILURE_109", ["The snapshot chain is too long", key])\n            return derive(dbg, sr, key, sr, read_write=False)',
      ],
    ],
  },
  {
    name: 'copies metadata to clones',
    language: 'python',
    breaks: 'VOL-CLONE-004',
    text: [['volume', COPIED_KEYS, '"keys": origin["keys"] if read_write else {},\n        "read_write": read_write']],
  },
  {
    name: 'makes clones of snapshots that cannot be written',
    language: 'python',
    breaks: 'VOL-CLONE-002',
    text: [
      [
        'volume',
        'return derive(dbg, sr, key, sr, read_write=True)',
        'return derive(dbg, sr, key, sr, read_write=read_record(sr, key)["read_write"])',
      ],
    ],
  },
  {
    name: 'uses up the snapshot that it reverts to',
    language: 'python',
    breaks: 'VOL-REVERT-002',
    text: [
      [
        'volume',
        '            os.rename(target, image(sr, key))\n',
        '            os.rename(target, image(sr, key))\n            os.unlink(record_file(sr, snapshot))\n',
      ],
    ],
    also: ['DATA-REVERT-001'],
  },
  {
    name: 'reverts to a snapshot that does not exist',
    language: 'python',
    breaks: 'VOL-REVERT-003',
    text: [
      [
        'volume',
        '            read_record(sr, snapshot)\n',
        '            if not os.path.exists(record_file(sr, snapshot)):\n                return\n',
      ],
    ],
  },
  {
    name: 'gives a reverted volume its old metadata',
    language: 'python',
    breaks: 'VOL-REVERT-001',
    text: [
      [
        'volume',
        '            os.rename(target, image(sr, key))\n',
        '            os.rename(target, image(sr, key))\n            write(record_file(sr, key), {**read_record(sr, snapshot), "read_write": True})\n',
      ],
    ],
  },
  {
    name: 'keeps the size of a volume that is reverted',
    language: 'python',
    breaks: 'VOL-REVERT-004',
    text: [
      [
        'volume',
        '            os.rename(target, image(sr, key))\n',
        '            os.truncate(target, volume(sr, key)["virtual_size"])\n            os.rename(target, image(sr, key))\n',
      ],
    ],
  },
  {
    name: 'copies to where the source is',
    language: 'python',
    breaks: 'VOL-COPY-002',
    text: [
      [
        'volume',
        '                return derive(dbg, sr, key, dest_sr, read_write=True)\n            with Lock(second):\n                return derive(dbg, sr, key, dest_sr, read_write=True)',
        '                return derive(dbg, sr, key, dest_sr, read_write=True)\n            with Lock(second):\n                return derive(dbg, sr, key, sr, read_write=True)',
      ],
    ],
  },
  {
    name: 'finds a volume similar to itself',
    language: 'python',
    breaks: 'VOL-SIMILAR-001',
    text: [['volume', 'if other != key and read_record', 'if read_record']],
  },
  {
    name: 'compares all but the first block',
    language: 'python',
    breaks: 'VOL-COMPARE-002',
    text: [['volume', '                if first != second:', '                if first != second and block > 0:']],
  },
  {
    name: 'finds every block different',
    language: 'python',
    breaks: 'VOL-COMPARE-003',
    text: [['volume', '                if first != second:', '                if first or second:']],
  },
  {
    name: 'lists differences from the last to the first',
    language: 'python',
    breaks: 'VOL-COMPARE-001',
    text: [
      [
        'volume',
        'return {"blocksize": BLOCK, "ranges": ranges}',
        'return {"blocksize": BLOCK, "ranges": ranges[::-1]}',
      ],
    ],
  },
]
