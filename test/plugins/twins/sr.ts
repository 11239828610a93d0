/** Faults in the life of an SR. */
import type { Twin } from './twin.ts'

export const SR: readonly Twin[] = [
  {
    name: 'attaches an SR once only',
    language: 'python',
    breaks: 'SR-ATTACH-002',
    text: [
      [
        'volume',
        '            os.makedirs(STATE, exist_ok=True)\n',
        '            os.makedirs(STATE, exist_ok=True)\n            if os.path.exists(attachment(sr)):\n                raise ConfigurationError("it is attached already")\n',
      ],
    ],
    // In a chain of calls that the host itself makes.
    followers: ['DATA-KEEP-004'],
  },
  {
    name: 'attaches what is no SR',
    language: 'python',
    breaks: 'SR-ATTACH-004',
    text: [
      [
        'volume',
        '            raise SR_does_not_exist(sr)\n        with',
        '            os.makedirs(sr, exist_ok=True)\n            write(os.path.join(sr, "sr.json"), {"uuid": "", "name": "", "description": ""})\n        with',
      ],
    ],
    also: ['SR-DESTROY-003'],
    followers: ['LEAK-FILE-001'],
  },
  {
    name: 'goes on serving an SR that is detached',
    language: 'python',
    breaks: 'SR-DETACH-003',
    text: [
      [
        'volume',
        '    if not sr or not os.path.exists(attachment(sr)):',
        '    if not sr or not os.path.exists(os.path.join(sr, "sr.json")):',
      ],
    ],
  },
  {
    name: 'has an error of its own for an SR that is detached',
    language: 'python',
    breaks: 'SR-DETACH-004',
    text: [
      ['volume', '        raise Sr_not_attached(sr)', '        raise ConfigurationError("SR %s is not in use" % sr)'],
    ],
  },
  {
    name: 'cannot detach an SR twice',
    language: 'sh',
    breaks: 'SR-DETACH-002',
    text: [
      [
        'volume',
        '    rm -f "$(attachment "$sr")"\n    echo null\n    ;;\n  SR.destroy)',
        '    rm "$(attachment "$sr")"\n    echo null\n    ;;\n  SR.destroy)',
      ],
    ],
  },
  {
    name: 'forgets names when it is detached',
    language: 'python',
    breaks: 'SR-DETACH-006',
    text: [
      [
        'volume',
        '            os.unlink(attachment(sr))\n',
        '            os.unlink(attachment(sr))\n            if os.path.exists(os.path.join(sr, "sr.json")):\n                write(os.path.join(sr, "sr.json"), {**read(os.path.join(sr, "sr.json")), "description": ""})\n',
      ],
    ],
    also: ['SR-DESC-002'],
  },
  {
    name: 'answers a configuration that does not lead to the SR',
    language: 'python',
    breaks: 'SR-CREATE-002',
    text: [['volume', 'return {**configuration, "path": sr, "sr_uuid": uuid}', 'return {"sr_uuid": uuid}']],
  },
  {
    name: 'forgets the name of an SR',
    language: 'python',
    breaks: 'SR-CREATE-003',
    text: [
      [
        'volume',
        '{"uuid": uuid, "name": name, "description": description})',
        '{"uuid": uuid, "name": "SR", "description": description})',
      ],
    ],
  },
  {
    name: 'gives an SR a uuid of its own',
    language: 'typescript',
    breaks: 'SR-CREATE-004',
    text: [['volume', "write(join(sr, 'sr.json'), { uuid })", "write(join(sr, 'sr.json'), { uuid: randomUUID() })"]],
  },
  {
    name: 'creates an SR over another',
    language: 'python',
    breaks: 'SR-CREATE-006',
    text: [
      [
        'volume',
        '            if os.path.exists(os.path.join(sr, "sr.json")):\n                raise ConfigurationError("%s has an SR already" % sr)\n',
        '',
      ],
    ],
  },
  {
    name: 'tells the uuid of an SR as its handle',
    language: 'python',
    breaks: 'SR-STAT-002',
    text: [['volume', '        "sr": sr,', '        "sr": identity["uuid"],']],
  },
  {
    name: 'has more free space than space',
    language: 'python',
    breaks: 'SR-STAT-003',
    text: [
      [
        'volume',
        '"free_space": space.f_bavail * space.f_frsize',
        '"free_space": (space.f_blocks + 1) * space.f_frsize',
      ],
    ],
  },
  {
    name: 'is Recovering for ever',
    language: 'python',
    breaks: 'SR-STAT-004',
    text: [['volume', '["Healthy", ""]', '["Recovering", "checking"]']],
  },
  {
    name: 'has a uuid that is none',
    language: 'python',
    breaks: 'SR-STAT-006',
    text: [['volume', '        "uuid": identity["uuid"],', '        "uuid": "sr-" + identity["uuid"],']],
    also: ['SR-CREATE-004'],
  },
  {
    name: 'does not rename an SR',
    language: 'python',
    breaks: 'SR-NAME-001',
    text: [['volume', '        self._set(sr, name=new_name)', '        self._set(sr)']],
  },
  {
    name: 'takes descriptions of SRs for names',
    language: 'typescript',
    breaks: 'SR-DESC-001',
    text: [
      [
        'volume',
        "        write(join(sr, 'description'), new_description)",
        "        write(join(sr, 'name'), new_description)",
      ],
    ],
    followers: ['SR-DESC-002', 'SR-NAME-002'],
  },
  {
    name: 'lists volumes ten minutes late',
    language: 'python',
    breaks: 'SR-LS-002',
    text: [
      ['volume', 'import sys\n', 'import sys\nimport time\n'],
      [
        'volume',
        '        for key in keys_of(sr):\n            try:',
        '        for key in keys_of(sr):\n            if os.path.getmtime(record_file(sr, key)) + 600 > time.time():\n                continue\n            try:',
      ],
    ],
    also: ['SR-LS-004'],
  },
  {
    name: 'lists records that differ from those of stat',
    language: 'python',
    breaks: 'SR-LS-004',
    text: [['volume', 'volumes.append(volume(sr, key))', 'volumes.append({**volume(sr, key), "sharable": True})']],
  },
  {
    name: 'destroys only SRs without volumes',
    language: 'sh',
    breaks: 'SR-DESTROY-002',
    text: [
      [
        'volume',
        '      rm -f "$sr"/*-*.json\n',
        '      [ -z "$(ls "$sr" | grep -e -)" ] || fail SR_BACKEND_FAILURE NotEmpty "$sr"\n',
      ],
    ],
  },
  {
    name: 'leaves the SR that it destroys',
    language: 'python',
    breaks: 'SR-DESTROY-003',
    text: [
      [
        'volume',
        '        if os.path.isdir(sr):\n            with Lock(sr):',
        '        if not os.path.isdir(sr):\n            with Lock(sr):',
      ],
    ],
  },
  {
    name: 'empties the volumes of an SR that it destroys, leaves them, and makes the next SR over them',
    language: 'python',
    breaks: 'SR-DESTROY-003',
    text: [
      [
        'volume',
        '                for key in keys_of(sr):\n                    os.unlink(record_file(sr, key))\n                for name in os.listdir(sr):\n                    if name.endswith((".img", ".new")):\n                        os.unlink(os.path.join(sr, name))\n                for name in ("sr.json", "lock"):\n                    if os.path.exists(os.path.join(sr, name)):\n                        os.unlink(os.path.join(sr, name))\n            os.rmdir(sr)\n',
        '                for key in keys_of(sr):\n                    os.truncate(image(sr, key), 0)\n',
      ],
      [
        'volume',
        '            if os.path.exists(os.path.join(sr, "sr.json")):\n                raise ConfigurationError("%s has an SR already" % sr)\n',
        '',
      ],
    ],
    also: ['SR-CREATE-006'],
    isInUsedPlace: true,
    followers: [
      'SR-CREATE-005',
      'SR-DESTROY-004',
      'ROB-KILL-001',
      'ROB-KILL-002',
      'ROB-KILL-003',
      'ROB-KILL-004',
      'ROB-KILL-007',
    ],
  },
  {
    name: 'finds an SR and does not say which',
    language: 'python',
    breaks: 'SR-PROBE-003',
    text: [['volume', 'complete = {"path": sr, "sr_uuid": found["uuid"]}', 'complete = {"path": sr}']],
  },
  {
    name: 'finds an SR by half of its configuration',
    language: 'sh',
    breaks: 'SR-PROBE-002',
    text: [['volume', 'sr_uuid: .uuid}, complete: true, sr: .', 'sr_uuid: .uuid}, complete: false, sr: .']],
  },
  {
    name: 'does not find an SR',
    language: 'python',
    breaks: 'SR-PROBE-004',
    text: [
      [
        'volume',
        '        if os.path.exists(os.path.join(sr, "sr.json")):\n            found',
        '        if not sr:\n            found',
      ],
    ],
  },
  {
    name: 'empties an SR that it finds',
    language: 'python',
    breaks: 'SR-PROBE-006',
    also: ['SR-PROBE-005'],
    text: [
      [
        'volume',
        '            found = sr_stat(sr)\n',
        '            found = sr_stat(sr)\n            for key in keys_of(sr):\n                os.unlink(record_file(sr, key))\n',
      ],
    ],
  },
  {
    name: 'detaches every SR',
    language: 'python',
    breaks: 'SR-SECOND-002',
    also: ['SR-SECOND-003'],
    hitsOthers: true,
    text: [
      [
        'volume',
        '            os.unlink(attachment(sr))\n',
        '            for name in os.listdir(STATE):\n                os.unlink(os.path.join(STATE, name))\n',
      ],
    ],
  },
]
