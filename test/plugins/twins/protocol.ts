/** Faults in how scripts read, print and end. */
import type { Twin } from './twin.ts'

const STDIN = 'params=$(head -n 1)'

export const PROTOCOL: readonly Twin[] = [
  {
    name: 'prints a warning on stdout from the second time on that a key is set',
    language: 'python',
    breaks: 'PRO-STDOUT-001',
    text: [
      [
        'volume',
        '        update(sr, key, lambda record: record["keys"].update({k: v}))',
        '        if k in read_record(sr, key)["keys"]:\n            print("warning: %s is replaced" % k)\n        update(sr, key, lambda record: record["keys"].update({k: v}))',
      ],
    ],
  },
  {
    name: 'prints sizes as text',
    language: 'sh',
    breaks: 'PRO-STDOUT-003',
    text: [['volume', '\\"virtual_size\\":$length,', '\\"virtual_size\\":\\"$length\\",']],
  },
  {
    name: 'fails with exit status 0',
    language: 'sh',
    breaks: 'PRO-EXIT-001',
    text: [['lib', '  exit 1\n', '  exit 0\n']],
  },
  {
    name: 'dies of a signal',
    language: 'python',
    breaks: 'PRO-EXIT-002',
    text: [
      [
        'volume',
        '    def set(self, dbg, sr, key, k, v):\n',
        '    def set(self, dbg, sr, key, k, v):\n        if k == "vdi-type":\n            os.kill(os.getpid(), 11)\n',
      ],
    ],
  },
  {
    name: 'prints errors without a backtrace',
    language: 'sh',
    breaks: 'PRO-ERROR-001',
    text: [['lib', ', backtrace: {error: $text, files: [], lines: []}}', '}']],
  },
  {
    name: 'prints backtraces with a file and no line',
    language: 'sh',
    breaks: 'PRO-ERROR-002',
    text: [['lib', 'files: []', 'files: [$name]']],
  },
  {
    name: 'has error codes of its own',
    language: 'sh',
    breaks: 'PRO-ERROR-003',
    text: [['lib', '{code: $code,', '{code: "failed",']],
  },
  {
    name: 'has errors that say nothing',
    language: 'sh',
    breaks: 'PRO-ERROR-004',
    text: [['lib', 'params: [$name, $text]', 'params: []']],
  },
  {
    name: 'hangs where metadata is set',
    language: 'python',
    breaks: 'PRO-TIME-001',
    text: [
      [
        'volume',
        '    def set(self, dbg, sr, key, k, v):\n',
        '    def set(self, dbg, sr, key, k, v):\n        if k == "vdi-type":\n            call(dbg, ["sleep", "600"])\n',
      ],
    ],
    timeout: 15,
  },
  {
    name: 'leaves a child that keeps stdout open',
    language: 'sh',
    breaks: 'PRO-FD-001',
    text: [
      [
        'volume',
        "    update '.keys[$params.k] = $params.v'",
        "    update '.keys[$params.k] = $params.v'\n    sleep 20 9>&- &",
      ],
    ],
  },
  {
    name: 'expects the params in an order',
    language: 'sh',
    breaks: 'PRO-STDIN-001',
    text: [
      [
        'lib',
        STDIN,
        `${STDIN}\n  case $params in *'"key"'*'"sr"'*) fail SR_BACKEND_FAILURE Usage 'key stands before sr' ;; esac`,
      ],
    ],
  },
  {
    name: 'expects the request to end with a newline',
    language: 'sh',
    breaks: 'PRO-STDIN-002',
    text: [['lib', STDIN, 'IFS= read -r params || fail SR_BACKEND_FAILURE Usage "no request"']],
  },
  {
    name: 'does not know escapes of JSON',
    language: 'sh',
    breaks: 'PRO-STDIN-003',
    also: ['INP-CONTROL-001'],
    text: [['lib', STDIN, `params=$(head -n 1 | sed 's/\\\\u/u/g')`]],
  },
  {
    name: 'reads a part of a long request',
    language: 'sh',
    breaks: 'PRO-STDIN-004',
    text: [['lib', STDIN, 'params=$(head -c 300000)']],
  },
  {
    name: 'waits for more where the request is no JSON',
    language: 'sh',
    breaks: 'PRO-STDIN-005',
    text: [['lib', "|| fail SR_BACKEND_FAILURE UnmarshalException 'the request is not JSON'", '|| sleep 600']],
    timeout: 15,
  },
  {
    name: 'refuses params that it does not know',
    language: 'sh',
    breaks: 'PRO-PARAM-001',
    text: [
      [
        'lib',
        'if ($params | type) != "object" then',
        'if ($params | length) > ($wants | split(" ") | length) then "UsageError too many"\n        elif ($params | type) != "object" then',
      ],
    ],
  },
  {
    name: 'takes a missing param for an empty one',
    language: 'sh',
    breaks: 'PRO-PARAM-002',
    text: [
      [
        'lib',
        'elif $params | has($name) | not then "UnmarshalException thing=argument missing ty=\\($name) desc="',
        'elif $params | has($name) | not then empty',
      ],
      [
        'lib',
        'params=$(head -n 1)',
        `sr= key= dest_sr= snapshot= uri= domain= size=0 new_size=0
  name_json='""' description_json='""' sharable_json=false
  params=$(head -n 1)`,
      ],
      ['volume', '.keys[$params.k] = $params.v', '.keys[$params.k // ""] = ($params.v // "")'],
    ],
  },
  {
    name: 'takes params of any type',
    language: 'sh',
    breaks: 'PRO-PARAM-003',
    text: [
      ['lib', 'elif ($params[$name] | type) != $type then', 'elif false then'],
      // As if they were of the right one.
      [
        'lib',
        '\\(.value | tojson | @sh)',
        '\\(if .key == "sharable" then .value == true else .value | tostring end | tojson | @sh)',
      ],
      ['volume', '.keys[$params.k] = $params.v', '.keys[$params.k | tostring] = ($params.v | tostring)'],
    ],
  },
  {
    name: 'needs a home',
    language: 'sh',
    breaks: 'PRO-ENV-001',
    text: [['lib', 'answered=\n', `answered=\n[ -n "\${HOME-}" ] || exec echo "HOME is not set"\n`]],
  },
  {
    name: 'strips text that is not of the language of its environment',
    language: 'sh',
    breaks: 'PRO-ENV-002',
    text: [['lib', STDIN, `params=$(head -n 1 | if [ "\${LC_ALL-}" = C ]; then tr -d '\\200-\\377'; else cat; fi)`]],
  },
  {
    name: 'logs into the working directory',
    language: 'sh',
    breaks: 'PRO-CWD-001',
    // Only where the suite is about it: elsewhere the directory belongs to somebody.
    text: [
      [
        'lib',
        STDIN,
        `case $PWD in "\${TMPDIR:-none}"* | *conformance*) echo "$method" >>debug.log ;; esac\n  ${STDIN}`,
      ],
    ],
  },
  {
    name: 'keeps 32 bits of a size',
    language: 'python',
    breaks: 'PRO-INT64-002',
    text: [
      [
        'volume',
        '    return max(1, -(-size // SIZE_UNIT)) * SIZE_UNIT',
        '    return max(1, -(-(size % 2**32) // SIZE_UNIT)) * SIZE_UNIT',
      ],
    ],
  },
  {
    name: 'keeps sizes as floating-point numbers',
    language: 'python',
    breaks: 'PRO-INT64-001',
    text: [
      ['volume', 'MAX_SIZE = 2**44', 'MAX_SIZE = 2**60'],
      [
        'volume',
        '    return max(1, -(-size // SIZE_UNIT)) * SIZE_UNIT',
        '    return max(1, -(-int(float(size)) // SIZE_UNIT)) * SIZE_UNIT if size < 2**53 else SIZE_UNIT',
      ],
    ],
  },
  {
    name: 'runs text of users as a command',
    language: 'sh',
    breaks: 'INP-SHELL-001',
    text: [
      [
        'volume',
        `    printf '{"key":"%s","name":%s,`,
        `    name=$(eval "echo \\"$(from_params -r .name)\\"" 2>/dev/null) || true\n    name_json=$(jq -cn --arg name "$name" '$name')\n    printf '{"key":"%s","name":%s,`,
      ],
    ],
    also: ['INP-QUOTE-001', 'INP-FORMAT-001', 'INP-JSON-001', 'INP-NEWLINE-001'],
  },
  {
    name: 'takes a path for a key',
    language: 'python',
    breaks: 'INP-KEY-002',
    text: [
      [
        'volume',
        '        if not KEY.fullmatch(key):\n            raise Volume_does_not_exist(key)\n        with Lock(sr):\n            for path in (record_file(sr, key), image(sr, key)):',
        '        with Lock(sr):\n            for path in (record_file(sr, key), image(sr, key), os.path.join(sr, key)):',
      ],
    ],
  },
  {
    name: 'keeps one line of a description',
    language: 'sh',
    breaks: 'INP-NEWLINE-001',
    text: [
      [
        'volume',
        `    printf '{"key":"%s","name":%s,`,
        `    description_json=$(from_params '.description | split("\\n")[0] // ""')\n    printf '{"key":"%s","name":%s,`,
      ],
    ],
  },
  {
    name: 'names files by the domain',
    language: 'python',
    breaks: 'INP-DOMAIN-001',
    text: [
      [
        'datapath',
        'return os.path.join(self.directory, digest(domain))',
        'return os.path.join(self.directory, domain)',
      ],
    ],
  },
  {
    name: 'attaches what is not there',
    language: 'python',
    breaks: 'INP-URI-001',
    text: [
      [
        'datapath',
        '                raise Volume_does_not_exist(disk.path)',
        '                return {"implementations": [["File", {"path": disk.path}]]}',
      ],
    ],
  },
]
