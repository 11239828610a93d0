/** Clauses on text that a plugin is given: whatever people type as a name must come back as it was, and run nothing. */
import { type ClauseRow, protocol } from '../clause.ts'

export const INPUT = {
  'INP-QUOTE-001': survives(
    'quotes and backslashes',
    'Names hold them, and so do notes that people copy from elsewhere.',
  ),
  'INP-SHELL-001': survives(
    'what a shell would run ($( ), backquotes, ; | & > *)',
    'Whoever may name a disk would run commands as root on every host of the pool.',
  ),
  'INP-NEWLINE-001': survives('newlines and tabs', 'Descriptions have several lines.'),
  'INP-PATH-001': survives(
    'what looks like a path or an option (../, /etc/passwd, -rf)',
    'A name that becomes part of a file name reaches files that are not the plugin’s.',
  ),
  'INP-UNICODE-001': survives(
    'text in any script, emoji and combining characters',
    'Most people’s language is not written in ASCII.',
  ),
  'INP-CONTROL-001': survives(
    'control characters',
    'They come from terminals and imports; one of them can break the whole scan.',
  ),
  'INP-SPACE-001': survives(
    'leading, trailing and repeated blanks',
    'A name that changes by itself is not found again.',
  ),
  'INP-EMPTY-001': survives('nothing at all', 'The toolstack gives an empty description to nearly every disk.'),
  'INP-FORMAT-001': survives(
    'percent signs and format directives',
    'printf, strftime and URIs read meaning into them.',
  ),
  'INP-JSON-001': survives(
    'what looks like JSON, numbers and booleans',
    'Where text is evaluated it changes its type.',
  ),
  'INP-LONG-001': {
    level: 'must',
    subject: 'volume',
    about: ['Volume.set'],
    text: 'A value of 64 KiB survives Volume.set, or is refused with an error object; the volume stays usable.',
    why: 'Metadata of backup tools grows; a value that is cut off silently is worse than none.',
    source: protocol('12'),
    advice: 'Keep values outside of command lines and file names, or refuse what does not fit.',
    after: ['VOL-SET-001'],
  },
  'INP-META-001': {
    level: 'must',
    subject: 'volume',
    about: ['Volume.set', 'Volume.unset', 'Volume.stat'],
    text: 'A metadata key may be any text: blanks, slashes, ../, quotes, __proto__, the name of a member of the record.',
    why: 'Keys hold tags that users choose.',
    source: protocol('12'),
    advice: 'Store keys as data: not as file names, columns or members of an object with a prototype.',
    after: ['VOL-SET-001'],
  },
  'INP-KEY-001': {
    level: 'must',
    subject: 'volume',
    about: ['Volume.stat'],
    text: 'A volume key that is no key (../../etc/passwd, an empty text, a command) is refused with an error object.',
    why: 'A key that is used as a path reads, or destroys, files of the host.',
    source: protocol('1'),
    advice: 'Look the key up among those that the plugin gave out before it becomes part of anything.',
  },
  'INP-KEY-002': {
    level: 'must',
    subject: 'volume',
    about: ['Volume.destroy'],
    text: 'Volume.destroy with a path in the place of a key leaves the file at that path alone.',
    why: 'The file may be another SR’s disk, or the host’s.',
    source: protocol('1'),
    advice: 'Refuse keys with a slash, and compare with the keys that exist.',
  },
  'INP-SR-001': {
    level: 'must',
    subject: 'volume',
    about: ['SR.stat', 'SR.ls'],
    text: 'An SR handle that SR.attach never answered is refused with an error object.',
    why: 'An answer for an SR that is not there looks like an SR that has lost all its disks.',
    source: protocol('1'),
    advice: 'Look the handle up among the attached SRs.',
  },
  'INP-URI-001': {
    level: 'must',
    subject: 'datapath',
    about: ['Datapath.attach'],
    text: 'Datapath.attach refuses a URI that leads nowhere with an error object.',
    why: 'A VM that starts without its disk fails much later, and without a reason.',
    source: protocol('7.4'),
    advice: 'Check in attach that what the URI names is there.',
  },
  'INP-DOMAIN-001': {
    level: 'must',
    subject: 'datapath',
    about: ['Datapath.attach', 'Datapath.activate', 'Datapath.deactivate', 'Datapath.detach'],
    text: 'A domain may be any text: u0_ with a long id, blanks, quotes, slashes, what a shell would run.',
    why: 'The toolstack makes it from what callers choose, and plugins use it in file names.',
    source: protocol('11'),
    advice: 'Encode the domain before it becomes part of a file name or command.',
  },
} as const satisfies Record<string, ClauseRow>

function survives(what: string, why: string) {
  return {
    level: 'must',
    subject: 'volume',
    about: ['Volume.create', 'Volume.set', 'Volume.stat'],
    text: `Names, descriptions and metadata may hold ${what}, and come back unchanged.`,
    why,
    source: protocol('4'),
    advice: 'Pass text to tools as an argument or on stdin, never as part of a command; store it with a JSON library.',
    after: ['VOL-CREATE-004', 'VOL-SET-001'],
  } as const
}
