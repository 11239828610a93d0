/** Clauses on what happens when things go wrong: calls that are killed, calls at the same time, many volumes, leaks. */
import { type ClauseRow, protocol } from '../clause.ts'

/** Their checks look at everything at a place, where nothing of an SR that was destroyed must be. */
const LOOKS_AT_ALL = { after: ['SR-DESTROY-003', 'SR-DESTROY-004'] } as const

export const ROBUSTNESS = {
  'ROB-KILL-001': {
    ...killed('Volume.create', 'no half-made volume is listed'),
    after: [...LOOKS_AT_ALL.after, 'SR-LS-002'],
  },
  'ROB-KILL-002': {
    ...killed('Volume.snapshot', 'origin and snapshots are readable'),
    after: [...LOOKS_AT_ALL.after, 'VOL-SNAPSHOT-005', 'SR-LS-002', 'ROB-KILL-001'],
  },
  'ROB-KILL-003': {
    ...killed('Volume.clone', 'origin and clones are readable'),
    after: [...LOOKS_AT_ALL.after, 'VOL-SNAPSHOT-005', 'SR-LS-002', 'ROB-KILL-001', 'ROB-KILL-002'],
  },
  'ROB-KILL-004': {
    ...killed('Volume.destroy', 'the volume is there or gone, and can be destroyed'),
    after: [
      ...LOOKS_AT_ALL.after,
      'VOL-DESTROY-001',
      'VOL-SNAPSHOT-005',
      'ROB-KILL-001',
      'ROB-KILL-002',
      'ROB-KILL-003',
    ],
  },
  'ROB-KILL-005': {
    ...killed('Volume.resize', 'the volume has the old size or the new'),
    after: ['VOL-RESIZE-001', 'VOL-SNAPSHOT-006'],
  },
  'ROB-KILL-006': {
    ...killed('Volume.set', 'the volume has the old value or the new, and all its other keys'),
    after: ['VOL-SET-001'],
  },
  'ROB-KILL-007': {
    ...killed('SR.attach', 'the SR can be attached and has its volumes'),
    after: [
      ...LOOKS_AT_ALL.after,
      'SR-ATTACH-002',
      'VOL-SNAPSHOT-005',
      'ROB-KILL-001',
      'ROB-KILL-002',
      'ROB-KILL-003',
      'ROB-KILL-006',
    ],
  },
  'ROB-KILL-008': killed('Datapath.attach', 'the disk can be attached and detached', 'datapath'),
  'ROB-KILL-009': killed('Datapath.activate', 'the disk can be activated and let go', 'datapath'),
  'ROB-KILL-010': {
    ...killed('Datapath.deactivate', 'the disk can be deactivated and has its data', 'datapath'),
    after: ['DATA-KEEP-001'],
  },
  'ROB-KILL-011': killed('Datapath.detach', 'the disk can be detached and attached', 'datapath'),
  'ROB-CONC-001': {
    level: 'must',
    subject: 'volume',
    about: ['Volume.create', 'SR.ls'],
    text: 'Volumes created at the same time are all there, each with a key of its own.',
    why: 'The toolstack runs calls concurrently: a disk that is lost here is lost for good.',
    source: protocol('3.7'),
    advice: 'Lock what is read, changed and written back.',
    after: ['SR-LS-002'],
  },
  'ROB-CONC-002': {
    level: 'must',
    subject: 'volume',
    about: ['Volume.set', 'Volume.stat'],
    text: 'Metadata stored on one volume at the same time is all kept.',
    why: 'The toolstack stores several keys of a snapshot at once.',
    source: protocol('3.7'),
    advice: 'Lock the volume from reading to writing.',
    after: ['VOL-SET-001'],
  },
  'ROB-CONC-003': {
    level: 'must',
    subject: 'volume',
    about: ['Volume.set', 'Volume.stat'],
    text: 'Metadata stored on several volumes at the same time is all kept.',
    why: 'One file for all volumes, written by two calls, keeps the changes of one.',
    source: protocol('3.7'),
    advice: 'Lock the file, or keep one for each volume.',
    after: ['VOL-SET-001'],
  },
  'ROB-CONC-004': {
    level: 'must',
    subject: 'volume',
    about: ['SR.ls', 'Volume.create', 'Volume.destroy'],
    text: 'SR.ls succeeds while volumes come and go, and lists those that stay.',
    why: 'A scan that fails, or that misses a disk, makes the toolstack forget it.',
    source: protocol('3.7'),
    advice: 'Treat a volume that vanishes while it is read as gone.',
    after: ['SR-LS-002'],
  },
  'ROB-CONC-005': {
    level: 'must',
    subject: 'volume',
    about: ['SR.attach'],
    text: 'SR.attach of one SR by several callers at the same time succeeds, with one handle.',
    why: 'The toolstack and its tools attach at boot, at the same time.',
    source: protocol('3.7'),
    advice: 'Lock the SR while it is attached.',
    after: ['SR-ATTACH-002', 'ROB-KILL-007'],
  },
  'ROB-CONC-006': {
    level: 'must',
    subject: 'pair',
    about: ['Datapath.attach', 'Datapath.activate', 'Datapath.deactivate', 'Datapath.detach'],
    text: 'Different disks can be attached and detached at the same time.',
    why: 'A host boots many VMs at once.',
    source: protocol('3.7'),
    advice: 'Lock what is shared between disks.',
  },
  'ROB-CONC-007': {
    level: 'must',
    subject: 'datapath',
    about: ['Datapath.attach', 'Datapath.detach'],
    text: 'One disk can be attached and detached by several domains at the same time.',
    why: 'Counting that is not locked frees a disk that is in use.',
    source: protocol('3.7'),
    advice: 'Lock the disk.',
    after: ['DP-ATTACH-007', 'DP-DETACH-003'],
  },
  'ROB-CONC-008': {
    level: 'must',
    subject: 'volume',
    about: ['Volume.snapshot', 'Volume.clone', 'SR.ls'],
    text: 'Snapshots and clones of one volume, taken at the same time, are all there.',
    why: 'Templates are cloned many times at once.',
    source: protocol('3.7'),
    advice: 'Lock the origin, and make keys that cannot meet.',
    after: ['SR-LS-002'],
  },
  'ROB-MANY-001': {
    level: 'should',
    subject: 'volume',
    about: ['Volume.create', 'SR.ls'],
    text: 'An SR holds a hundred volumes, and SR.ls lists them all.',
    why: 'It is a small SR.',
    source: protocol('7.2'),
    advice: 'Look for limits on arguments, output or open files.',
    after: ['SR-LS-002', 'ROB-CONC-001'],
  },
  'ROB-MANY-002': {
    level: 'should',
    subject: 'volume',
    about: ['SR.ls'],
    text: 'SR.ls of a hundred volumes takes less than five seconds.',
    why: 'It runs every thirty seconds for every SR.',
    source: protocol('7.2'),
    advice: 'Ask the storage once, not once for each volume.',
    after: ['ROB-MANY-001'],
  },
  'LEAK-PROCESS-001': leak('processes', 'Each of them holds memory, files and locks until the host is rebooted.'),
  'LEAK-LOOP-001': {
    ...leak('loop devices', 'The kernel runs out of them, and the storage stays in use.'),
    after: ['DP-DETACH-002'],
  },
  'LEAK-MOUNT-001': leak('mounts', 'The storage cannot be let go, and paths lead to old content.'),
  'LEAK-FILE-001': {
    ...leak(
      'temporary files, sockets and records that name its disks',
      'The file system of dom0 is small, and fills up.',
    ),
    // Nor what is made where something is attached that is no SR, or stays with an SR or a mount, or where a killed call cannot
    // be repeated.
    after: [...LOOKS_AT_ALL.after, 'SR-ATTACH-004', 'SR-DESTROY-002', 'LEAK-MOUNT-001', 'ROB-KILL-007'],
  },
  'LEAK-VOLUME-001': {
    level: 'must',
    subject: 'volume',
    about: [],
    text: 'Calls that fail leave no volume behind.',
    why: 'Space is used by disks that nobody has asked for.',
    source: protocol('7.3'),
    advice: 'Make the record of a new volume last, and remove what has none.',
  },
} as const satisfies Record<string, ClauseRow>

function killed<Method extends ClauseRow['about'][number]>(
  method: Method,
  outcome: string,
  subject: 'volume' | 'datapath' = 'volume',
) {
  return {
    level: 'must',
    subject,
    about: [method],
    text: `${method}, killed with SIGKILL at any instant, does no harm: repeated it succeeds, and ${outcome}.`,
    why: 'Hosts crash, and the toolstack repeats what it did not see end.',
    source: protocol('3.7'),
    advice: 'Write new state beside the old and rename it; make what exists the last step, and what goes the first.',
  } as const
}

function leak(what: string, why: string) {
  return {
    level: 'must',
    subject: 'plugin',
    about: [],
    text: `Once every disk is detached and every SR is gone, the plugin has left no ${what}.`,
    why,
    source: protocol('7.4'),
    advice: 'Undo in detach and destroy what attach and create did; undo it as well where a step fails.',
  } as const
}
