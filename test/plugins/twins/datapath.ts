/** Faults in how disks are connected. */
import type { Twin } from './twin.ts'

const ATTACH = '            if not os.path.isfile(disk.path):'

export const DATAPATH: readonly Twin[] = [
  {
    name: 'gives volumes URIs that no datapath plugin serves',
    language: 'python',
    breaks: 'DP-URI-001',
    text: [['volume', '"good-python://" + quote', '"better-python://" + quote']],
  },
  {
    name: 'attaches a disk once only',
    language: 'python',
    breaks: 'DP-ATTACH-002',
    text: [
      [
        'datapath',
        ATTACH,
        `            if os.path.exists(disk.record(domain)):\n                raise NotAttached("it is attached already")\n${ATTACH}`,
      ],
    ],
  },
  {
    name: 'attaches a disk to one domain only',
    language: 'python',
    breaks: 'DP-ATTACH-007',
    text: [
      [
        'datapath',
        ATTACH,
        `            if [name for name in disk.domains() if name != digest(domain)]:\n                raise NotAttached("another domain has it")\n${ATTACH}`,
      ],
    ],
  },
  {
    name: 'serves guests only',
    language: 'python',
    breaks: 'DP-ATTACH-003',
    text: [['datapath', '                ["BlockDevice", {"path": device}],\n', '']],
  },
  {
    name: 'serves dom0 only',
    language: 'python',
    breaks: 'DP-ATTACH-004',
    text: [['datapath', '                ["XenDisk", {"params": device, "extra": {}, "backend_type": "vbd"}],\n', '']],
  },
  {
    name: 'names a device that is not there',
    language: 'python',
    breaks: 'DP-ATTACH-005',
    text: [
      [
        'datapath',
        '                ["BlockDevice", {"path": device}],',
        '                ["BlockDevice", {"path": device}],\n                ["File", {"path": disk.path + ".raw"}],',
      ],
    ],
  },
  {
    name: 'cuts off the end of a disk',
    language: 'python',
    breaks: 'DP-ATTACH-006',
    text: [
      [
        'datapath',
        '"--find", "--show", *mode',
        '"--find", "--show", "--sizelimit", str(os.path.getsize(disk.path) - 512), *mode',
      ],
    ],
  },
  {
    name: 'cannot activate a disk twice',
    language: 'sh',
    breaks: 'DP-ACTIVATE-002',
    text: [
      [
        'datapath',
        '    [ -e "$record" ] || fail SR_BACKEND_FAILURE NotAttached "$uri"\n',
        '    [ -e "$record" ] || fail SR_BACKEND_FAILURE NotAttached "$uri"\n    [ ! -s "$record" ] || fail SR_BACKEND_FAILURE Activated "$uri"\n    echo active >"$record"\n',
      ],
      [
        'datapath',
        '    for device in $(loop_devices); do blockdev',
        '    [ ! -e "$record" ] || : >"$record"\n    for device in $(loop_devices); do blockdev',
      ],
    ],
    also: ['DP-READONLY-001'],
  },
  {
    name: 'activates what is not attached',
    language: 'typescript',
    breaks: 'DP-ACTIVATE-003',
    text: [['datapath', '      activate: ({ uri, domain }) => checkAttached(uri, domain),', '      activate() {},']],
  },
  {
    name: 'cannot activate a disk read-only',
    language: 'python',
    breaks: 'DP-READONLY-001',
    text: [
      [
        'datapath',
        '        self.activate(dbg, uri, domain)',
        '        if os.stat(Disk(uri).path).st_mode & 0o222:\n            raise NotAttached("it is no snapshot")',
      ],
    ],
  },
  {
    name: 'cannot deactivate a disk that is detached',
    language: 'python',
    breaks: 'DP-DEACTIVATE-002',
    text: [
      [
        'datapath',
        '            for device in Disk(uri).loop_devices():\n',
        '            if not os.path.exists(Disk(uri).record(domain)):\n                raise NotAttached(domain)\n            for device in Disk(uri).loop_devices():\n',
      ],
    ],
  },
  {
    name: 'cannot detach a disk twice',
    language: 'sh',
    breaks: 'DP-DETACH-002',
    text: [['datapath', '    rm -f "$record"\n', '    rm "$record"\n']],
  },
  {
    name: 'takes a disk from all domains with the first that lets go',
    language: 'python',
    breaks: 'DP-DETACH-003',
    text: [
      [
        'datapath',
        '            if not disk.domains():\n                for device',
        '            if True:\n                for device',
      ],
    ],
  },
  {
    name: 'detaches only volumes that are there',
    language: 'sh',
    breaks: 'DP-DETACH-004',
    also: ['LEAK-LOOP-001'],
    text: [
      [
        'datapath',
        '    rm -f "$record"\n',
        '    [ -f "$path" ] || fail SR_BACKEND_FAILURE Volume_does_not_exist "$path"\n    rm -f "$record"\n',
      ],
    ],
  },
  {
    name: 'opens a disk once only',
    language: 'python',
    breaks: 'DP-OPEN-001',
    text: [
      [
        'datapath',
        '            if os.path.exists(disk.scratch):\n                os.unlink(disk.scratch)\n            if persistent:',
        '            if os.path.exists(disk.scratch):\n                raise NotAttached("it is open already")\n            if persistent:',
      ],
    ],
  },
  {
    name: 'closes only what is open',
    language: 'python',
    breaks: 'DP-CLOSE-001',
    text: [
      [
        'datapath',
        '            if os.path.exists(disk.scratch):\n                os.unlink(disk.scratch)\n            disk.forget()',
        '            os.unlink(disk.scratch)\n            disk.forget()',
      ],
    ],
  },
]
