/**
 * A double of blktap's `tap-ctl`, which cannot run without its kernel module: it keeps the tapdisks of a host that has
 * none in a file, demands the order of commands that the real one demands, and remembers them.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const SCRIPT = `#!/usr/bin/python3
import getopt, json, os, sys

here = os.path.dirname(os.path.abspath(__file__))
path = os.path.join(here, 'tapdisks.json')
# Beyond what the kernel gives out: a signal to it reaches nobody.
FIRST_PID = 1 << 23
state = json.load(open(path)) if os.path.exists(path) else {'next': 0, 'pids': [], 'minors': {}}
command, arguments = sys.argv[1], sys.argv[2:]
with open(os.path.join(here, 'commands'), 'a') as log:
    log.write(' '.join(sys.argv[1:]) + '\\n')
options = dict(getopt.getopt(arguments, 'p:m:a:R')[0])
pid, minor = int(options.get('-p', -1)), options.get('-m')
disk = state['minors'].get(minor)

def refuse(reason, status=22):
    sys.stderr.write('tap-ctl: %s: %s\\n' % (command, reason))
    sys.exit(status)

def mine():
    if pid not in state['pids'] or disk is None or disk['pid'] != pid:
        refuse('no such tapdisk', 2)

if command == 'list':
    for number, each in state['minors'].items():
        parts = ['pid=%d' % each['pid']] if each['pid'] in state['pids'] else []
        parts += ['minor=%s' % number, 'state=0'] + (['args=' + each['image']] if each['image'] else [])
        print(' '.join(parts))
elif command == 'spawn':
    pid = FIRST_PID + state['next']
    state['next'] += 1
    state['pids'].append(pid)
    print(pid)
elif command == 'allocate':
    minor = str(next(number for number in range(256) if str(number) not in state['minors']))
    state['minors'][minor] = {'pid': None, 'image': None}
    print('/dev/xen/blktap-2/tapdev' + minor)
elif command == 'attach':
    if pid not in state['pids'] or disk is None or disk['pid'] is not None:
        refuse('cannot be attached')
    disk['pid'] = pid
elif command == 'open':
    mine()
    if disk['image']:
        refuse('an image is open', 16)
    kind, image = options['-a'].split(':', 1)
    with open(image, 'rb') as file:
        file.seek(-512, 2)
        if kind != 'vhd' or file.read(8) != b'conectix':
            refuse('no VHD')
    disk['image'] = options['-a']
elif command == 'close':
    mine()
    if not disk['image']:
        refuse('no image is open')
    disk['image'] = None
elif command == 'detach':
    mine()
    if disk['image']:
        refuse('an image is open', 16)
    state['pids'].remove(pid)
    disk['pid'] = None
elif command == 'free':
    if disk is None or disk['pid'] in state['pids']:
        refuse('in use', 16)
    del state['minors'][minor]
else:
    refuse('no such command')
json.dump(state, open(path, 'w'))
`

export interface TapCtl {
  /** For the PATH. */
  readonly directory: string
  /** What it was told since the last look, without the questions (\`list\`). */
  commands(): readonly string[]
  /** How many tapdisks run, and how many block devices there are. */
  left(): { readonly processes: number; readonly devices: number }
  /** Lets the tapdisks die, which leave their block devices. */
  kill(): void
}

/** @param directory that does not exist */
export function tapCtl(directory: string): TapCtl {
  mkdirSync(directory)
  const [program, log, state] = ['tap-ctl', 'commands', 'tapdisks.json'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(program, SCRIPT)
  chmodSync(program, 0o755)
  writeFileSync(log, '')
  const read = (): { pids: number[]; minors: object } =>
    existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : { pids: [], minors: {} }
  return {
    directory,
    commands() {
      const lines = readFileSync(log, 'utf8').split('\n')
      writeFileSync(log, '')
      return lines.filter((line) => line !== '' && line !== 'list').map((line) => line.replace(/ -p \d+/, ''))
    },
    left: () => ({ processes: read().pids.length, devices: Object.keys(read().minors).length }),
    kill: () => writeFileSync(state, JSON.stringify({ ...read(), pids: [] })),
  }
}
