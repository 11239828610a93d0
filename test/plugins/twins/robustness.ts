/** Faults that show when calls are killed or run at the same time, and what is left behind. */
import type { Twin } from './twin.ts'

/** Longer than calls of the same instant are apart, also where the machine is busy. */
const PAUSE = 'call("", ["sleep", "1"])'
/** Most of what a call takes, so that it is killed in it, also where starting takes long. */
const LONG_PAUSE = 'call("", ["sleep", "3"])'

export const ROBUSTNESS: readonly Twin[] = [
  {
    name: 'loses a volume that is created at the same time as another',
    language: 'python',
    breaks: 'ROB-CONC-001',
    text: [
      [
        'volume',
        '    with open("/proc/sys/kernel/random/uuid", encoding="ascii") as file:\n        key = file.read().strip()\n',
        `    import uuid\n    number = os.path.getsize(sr + "/lock")\n    key = str(uuid.uuid5(uuid.NAMESPACE_URL, "%s %d" % (sr, number)))\n    ${PAUSE}\n    with open(sr + "/lock", "a", encoding="ascii") as file:\n        file.write("+")\n    if os.path.exists(image(sr, key)):\n        os.unlink(image(sr, key))\n`,
      ],
      [
        'volume',
        '        with Lock(sr):\n            return make(sr, record, fill)',
        '        return make(sr, record, fill)',
      ],
    ],
  },
  {
    name: 'loses metadata that is set at the same time as other metadata',
    language: 'python',
    breaks: 'ROB-CONC-002',
    also: ['ROB-CONC-003'],
    text: [
      [
        'volume',
        '    with Lock(sr):\n        record = read_record(sr, key)\n',
        `    if True:\n        record = read_record(sr, key)\n        ${PAUSE}\n`,
      ],
      [
        'volume',
        '    with open(path + ".new", "w", encoding="utf-8") as file:\n        json.dump(record, file)\n    os.rename(path + ".new", path)',
        '    own = "%s.%d.new" % (path, os.getpid())\n    with open(own, "w", encoding="utf-8") as file:\n        json.dump(record, file)\n    os.rename(own, path)',
      ],
    ],
  },
  {
    name: 'cannot list while volumes go',
    language: 'python',
    breaks: 'ROB-CONC-004',
    text: [
      [
        'volume',
        '        for key in keys_of(sr):\n            try:',
        // It waits for one that it has seen to go, so that whoever makes and destroys volumes meanwhile is met.
        '        import time\n        keys = keys_of(sr)\n        for _ in range(100):\n            if all(os.path.exists(record_file(sr, key)) for key in keys):\n                time.sleep(0.02)\n                keys = sorted({*keys, *keys_of(sr)})\n        for key in keys:\n            try:',
      ],
      [
        'volume',
        '                volumes.append(volume(sr, key))\n            except Volume_does_not_exist:',
        '                volumes.append(volume(sr, key))\n            except ZeroDivisionError:',
      ],
    ],
  },
  {
    name: 'cannot attach an SR that is being attached',
    language: 'python',
    breaks: 'ROB-CONC-005',
    hitsOthers: true,
    text: [
      [
        'volume',
        '        with Lock(sr):\n            for name in os.listdir(sr):\n                key, suffix',
        `        with open(os.path.join(STATE + ".attaching"), "x"):\n            ${PAUSE}\n        os.unlink(STATE + ".attaching")\n        with Lock(sr):\n            for name in os.listdir(sr):\n                key, suffix`,
      ],
    ],
  },
  {
    name: 'cannot attach a disk that is being attached',
    language: 'python',
    breaks: 'ROB-CONC-007',
    hitsOthers: true,
    text: [
      [
        'datapath',
        '        disk = Disk(uri)\n        with Lock():\n            if not os.path.isfile',
        `        disk = Disk(uri)\n        busy = STATE + "-" + digest(disk.path)\n        with open(busy, "x"):\n            ${PAUSE}\n        os.unlink(busy)\n        with Lock():\n            if not os.path.isfile`,
      ],
    ],
  },
  {
    name: 'loses a snapshot that is taken at the same time as another',
    language: 'python',
    breaks: 'ROB-CONC-008',
    text: [
      [
        'volume',
        '        with Lock(sr):\n            return derive(dbg, sr, key, sr, read_write=False)',
        `        with open(image(sr, key), "rb") as busy:\n            fcntl.flock(busy, fcntl.LOCK_EX | fcntl.LOCK_NB)\n            ${PAUSE}\n        with Lock(sr):\n            return derive(dbg, sr, key, sr, read_write=False)`,
      ],
    ],
  },
  {
    name: 'writes metadata in place',
    language: 'python',
    breaks: 'ROB-KILL-006',
    text: [
      [
        'volume',
        '        change(record)\n        write(record_file(sr, key), record)',
        `        change(record)\n        text = json.dumps(record)\n        with open(record_file(sr, key), "w", encoding="utf-8") as file:\n            file.write(text[:20])\n            file.flush()\n            ${LONG_PAUSE}\n            file.write(text[20:])`,
      ],
    ],
  },
  {
    name: 'lists volumes that are half made',
    language: 'python',
    breaks: 'ROB-KILL-001',
    text: [
      [
        'volume',
        '        fill(image(sr, key))\n',
        // Copies know their root, and are made as they should.
        `        if "root" not in record and len(keys_of(sr)) < 20:\n            open(image(sr, key), "wb").close()\n            write(record_file(sr, key), {"root": key, **record})\n            ${LONG_PAUSE}\n            os.unlink(image(sr, key))\n        fill(image(sr, key))\n`,
      ],
    ],
  },
  {
    name: 'keeps a lock that it died with',
    language: 'python',
    breaks: 'ROB-KILL-007',
    text: [
      [
        'volume',
        '        with Lock(sr):\n            for name in os.listdir(sr):\n                key, suffix',
        `        busy = os.path.join(sr, "attaching")\n        if os.path.exists(busy):\n            raise ConfigurationError("another call is at work: remove %s" % busy)\n        with Lock(sr):\n            open(busy, "w").close()\n            ${LONG_PAUSE}\n            os.unlink(busy)\n            for name in os.listdir(sr):\n                key, suffix`,
      ],
    ],
  },
  {
    name: 'has room for eighty volumes',
    language: 'python',
    breaks: 'ROB-MANY-001',
    text: [
      [
        'volume',
        '        with Lock(sr):\n            return make(sr, record, fill)',
        '        with Lock(sr):\n            if len(keys_of(sr)) >= 80:\n                raise XenAPIException("SR_BACKEND_FAILURE_44", ["There is insufficient space", sr])\n            return make(sr, record, fill)',
      ],
    ],
  },
  {
    name: 'takes long for many volumes',
    language: 'python',
    breaks: 'ROB-MANY-002',
    text: [
      [
        'volume',
        '        for key in keys_of(sr):\n            try:',
        '        if len(keys_of(sr)) > 60:\n            call(dbg, ["sleep", "6"])\n        for key in keys_of(sr):\n            try:',
      ],
    ],
  },
  {
    name: 'leaks a loop device',
    language: 'python',
    breaks: 'LEAK-LOOP-001',
    // It goes on using the device, which shows what the image was before.
    also: ['DATA-REVERT-001', 'DATA-NONPERSISTENT-001'],
    text: [
      [
        'datapath',
        '                for device in disk.loop_devices():\n                    call(dbg, ["losetup", "--detach", device])\n',
        '',
      ],
    ],
  },
  {
    name: 'leaves a mount where it lets an SR go',
    language: 'python',
    breaks: 'LEAK-MOUNT-001',
    text: [
      [
        'volume',
        '            write(attachment(sr), sr)\n',
        `            write(attachment(sr), sr)\n            mounted = sr + ".mounted"\n            if not os.path.isdir(mounted):\n                os.mkdir(mounted)\n                call(dbg, ["mount", "-t", "tmpfs", "-o", "size=16k", "smapiv3-test", mounted])\n`,
      ],
    ],
  },
  {
    name: 'leaks a process',
    language: 'sh',
    breaks: 'LEAK-PROCESS-001',
    text: [
      [
        'datapath',
        '    printf \'{"implementations',
        '    sleep 300 >/dev/null 2>&1 9>&- &\n    printf \'{"implementations',
      ],
    ],
  },
  {
    name: 'leaks records of its disks',
    language: 'typescript',
    breaks: 'LEAK-FILE-001',
    text: [
      [
        'datapath',
        '  rmSync(file, { force: true })\n',
        "  rmSync(file, { force: true })\n  writeFileSync(join(STATE, 'last-disk'), uri)\n",
      ],
    ],
  },
  {
    name: 'leaves a volume behind where creating it fails',
    language: 'python',
    breaks: 'LEAK-VOLUME-001',
    text: [
      [
        'volume',
        '        length = rounded(size)\n\n        def fill(path):',
        '        length = rounded(abs(size) % MAX_SIZE)\n\n        def fill(path):',
      ],
      [
        'volume',
        '            return make(sr, record, fill)',
        '            made = make(sr, record, fill)\n            rounded(size)\n            return made',
      ],
    ],
  },
]
