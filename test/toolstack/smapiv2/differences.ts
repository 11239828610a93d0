/** Where the answers and the scripts differ from those of the reference daemon, and why. */

export interface Difference {
  readonly because: string
  /**
   * The answer: its exact text; `same code` for an error that differs only in its texts for people; `*SCRIPT_FAILED*` for
   * that error, where the reference answered none; or the tag of an error
   * in an envelope, where the reference answered none.
   */
  readonly answer?: string | 'same code' | { readonly error: string }
  /** Names of the scripts; `without Volume.stat` for the recorded ones but that. */
  readonly scripts?: readonly string[] | 'without Volume.stat'
  /** Parameters that differ from the recorded ones, by name of the script. */
  readonly params?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Another plugin than recorded is asked. */
  readonly plugin?: string
}

const REMEMBERED =
  'a disk goes on through the datapath it was attached by, so the volume plugin need not be asked again (defect 15); quicker, and possible while the SR does not answer'
const TAGS = 'defects 12 and 38: tags go to the snapshot, and the answer has what was stored'
const WORDING = 'defects 11 and 36: the texts for people say what was seen and what to do, and stderr comes last'
const ENVELOPE = 'defects 4, 9 and 10: every message is answered with an envelope'
const DOMAIN = 'defect 14: the domain is the one that attach and activate use'

const remembered: Difference = { because: REMEMBERED, scripts: 'without Volume.stat' }
const wording: Difference = { because: WORDING, answer: 'same code' }
const internal: Difference = { because: ENVELOPE, answer: { error: 'Internal_error' } }
const unimplemented: Difference = { because: ENVELOPE, answer: { error: 'Unimplemented' } }

/** By the id of the request in session.json. */
export const SESSION_DIFFERENCES: Readonly<Record<string, Difference>> = {
  29: {
    because: TAGS,
    answer:
      '{"result":{"tags":["prod"],"sm_config":{},"sharable":false,"persistent":true,"physical_utilisation":4096,"virtual_size":21474836480,"cbt_enabled":false,"read_only":false,"snapshot_of":"vol-1","snapshot_time":"20261123T02:40:33Z","is_a_snapshot":true,"metadata_of_pool":"","ty":"user","name_description":"boot","name_label":"root disk","content_id":"c-1","uuid":"22222222-2222-2222-2222-222222222223","vdi":"vol-3"},"error":null,"id":0}',
    params: { 'Volume.set': { key: 'vol-3' } },
  },
  41: remembered,
  42: remembered,
  43: remembered,
  44: remembered,
  56: { because: DOMAIN, params: { 'Datapath.import_activate': { domain: 'u0_d_1' } } },
  60: { because: 'defect 18: SR.destroy has forgotten the SR, and SR.detach of an unknown SR succeeds', scripts: [] },
}

/** By the number of the recording. */
export const RECORDING_DIFFERENCES: Readonly<Record<string, Difference>> = {
  '007': {
    because: 'defect 17: an SR whose SR.stat fails is detached again',
    scripts: ['SR.attach', 'SR.stat', 'SR.detach'],
  },
  '023': remembered,
  '024': {
    because: 'defect 28: the toolstack can clone by copying when it is told so',
    answer: '{"result":null,"error":["Unimplemented","Volume.clone"],"id":0}',
  },
  '034': {
    because: 'defect 17: a volume whose type cannot be stored is destroyed again',
    answer: 'same code',
    scripts: ['Volume.create', 'Volume.destroy'],
  },
  '043': wording,
  '047': wording,
  '058': {
    because: 'defect 37: sm_config is stored and answered',
    answer:
      '{"result":{"tags":[],"sm_config":{"k":"v"},"sharable":false,"persistent":true,"physical_utilisation":0,"virtual_size":1049088,"cbt_enabled":false,"read_only":false,"snapshot_of":"","snapshot_time":"19700101T00:00:00Z","is_a_snapshot":false,"metadata_of_pool":"","ty":"user","name_description":"nd","name_label":"v1 é \\"q\\" \\\\ \\n","content_id":"","uuid":"00000000-0000-0000-0000-000000000001","vdi":"vol1"},"error":null,"id":0}',
    scripts: ['Volume.create', 'Volume.set', 'Volume.set'],
  },
  '067': {
    because: TAGS,
    answer:
      '{"result":{"tags":["red","blue"],"sm_config":{},"sharable":false,"persistent":true,"physical_utilisation":0,"virtual_size":1049088,"cbt_enabled":false,"read_only":true,"snapshot_of":"vol1","snapshot_time":"20261123T02:33:56Z","is_a_snapshot":true,"metadata_of_pool":"","ty":"user","name_description":"nd","name_label":"v1 é \\"q\\" \\\\ \\n","content_id":"CID","uuid":"00000000-0000-0000-0000-000000000005","vdi":"vol5"},"error":null,"id":0}',
    params: { 'Volume.set': { key: 'vol5' } },
  },
  '075': {
    because: 'defect 39: vdi_to is understood, so the script is run; this recording has no answer of it',
    answer: '*SCRIPT_FAILED*',
    scripts: ['Volume.list_changed_blocks'],
  },
  '078': wording,
  '081': remembered,
  '082': remembered,
  '083': remembered,
  '089': {
    because: `${REMEMBERED}; the recorded session activates without attaching again after epoch_begin`,
    scripts: 'without Volume.stat',
    params: { 'Datapath.activate': { uri: 'fix+file:///tmp/vols/vol1?size=1049088' } },
  },
  '090': {
    because:
      'a temporary clone that is destroyed is forgotten at once, lest its key outlives it when the next clone fails',
    scripts: ['Volume.stat', 'Volume.destroy', 'Volume.unset', 'Volume.clone', 'Volume.set'],
  },
  '092': {
    because: 'defect 1: the temporary clone is destroyed, then the disk',
    answer: '{"result":null,"error":null,"id":0}',
    scripts: ['Volume.stat', 'Volume.destroy', 'Volume.destroy'],
  },
  '100': { because: DOMAIN, params: { 'Datapath.import_activate': { domain: 'u0_dp' } } },
  '101': unimplemented,
  '104': wording,
  '105': unimplemented,
  '106': unimplemented,
  '107': unimplemented,
  '108': unimplemented,
  '109': unimplemented,
  '110': unimplemented,
  '112': internal,
  '114': internal,
  '118': {
    because: 'an SR is asked through the plugin that attached it, whichever queue the caller talks to',
    answer:
      '{"result":{"health":"Healthy","clustered":false,"free_space":5,"total_space":10,"name_description":"new d","name_label":"okay","sr_uuid":"full-sr"},"error":null,"id":0}',
    plugin: 'org.test.full',
  },
  '122': wording,
  '128': wording,
  '129': wording,
  '130': wording,
  '131': wording,
  '134': wording,
  '135': wording,
  '136': wording,
  '137': wording,
  '138': wording,
  '139': wording,
  '140': wording,
  '141': wording,
  '142': wording,
  '143': wording,
  '146': wording,
  '148': {
    because: 'output that is not UTF-8 cannot be passed on unharmed, so it is refused',
    answer: '*SCRIPT_FAILED*',
  },
  '149': {
    because: 'of two members of one name in the output of a script the last counts',
    answer:
      '{"result":{"tags":[],"sm_config":{},"sharable":false,"persistent":true,"physical_utilisation":1,"virtual_size":1,"cbt_enabled":false,"read_only":false,"snapshot_of":"","snapshot_time":"19700101T00:00:00Z","is_a_snapshot":false,"metadata_of_pool":"","ty":"","name_description":"d","name_label":"n","content_id":"","uuid":"u","vdi":"k2"},"error":null,"id":0}',
  },
  '150': wording,
  '154': wording,
  '155': wording,
  '156': wording,
  '157': wording,
  '159': {
    because: 'defect 20: a script need not read its input',
    answer: '{"result":1024,"error":null,"id":0}',
    scripts: ['Volume.stat'],
  },
  '162': internal,
  '164': internal,
  '168': internal,
  '169': internal,
  '170': internal,
  '171': internal,
  '172': internal,
  '173': internal,
  '174': { because: 'a queue whose plugin has gone answers so', answer: { error: 'Backend_error' } },
}
