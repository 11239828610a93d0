/** Checks on what a plugin says of itself. */
import { basename } from 'node:path'
import { Smapiv3Error } from '../../contract/errors.ts'
import { METHODS } from '../../contract/methods.ts'
import { API_VERSIONS, FEATURE_SCRIPTS, type QueryResult } from '../../registry/features.ts'
import { shortName } from '../../registry/layout.ts'
import { type Check, check, story } from '../check.ts'
import type { ClauseId } from '../clauses.ts'
import type { Context } from '../context.ts'
import { ownSr, sharedSr } from '../sr-fixture.ts'
import { OF_FORMATS } from '../subjects.ts'
import { demand, demandEqual, NotApplicable } from '../violation.ts'
import { cloneOf, handleOf, newVolume } from '../volumes.ts'

/** Features of section 10 of the script protocol. */
const FEATURES = new Set(
  `SR_CREATE SR_DELETE SR_ATTACH SR_DETACH SR_SCAN SR_PROBE SR_UPDATE SR_STATS SR_METADATA SR_TRIM SR_MULTIPATH SR_CACHING
SR_SUPPORTS_LOCAL_CACHING VDI_CREATE VDI_DELETE VDI_DESTROY VDI_RESIZE VDI_RESIZE_ONLINE VDI_CLONE VDI_SNAPSHOT VDI_UPDATE
VDI_ATTACH VDI_DETACH VDI_ACTIVATE VDI_DEACTIVATE VDI_INTRODUCE VDI_RESET_ON_BOOT VDI_REVERT VDI_CONFIG_CBT VDI_COMPOSE
VDI_MIRROR VDI_MIRROR_IN VDI_ACTIVATE_READONLY VDI_GENERATE_CONFIG VDI_ATTACH_OFFLINE VDI_READ_CACHING VDI_COPY NONPERSISTENT
LARGE_VDI THIN_PROVISIONING`.split(/\s+/),
)

/** Features without which the scripts that stand for them are never run. */
const DECLARED_ONLY = ['VDI_REVERT', 'VDI_CONFIG_CBT', 'VDI_COMPOSE', 'NONPERSISTENT', 'VDI_MIRROR_IN']

const LONGEST_QUERY = 5

export const QUERY_CHECKS: readonly Check[] = [
  story(
    [
      'QRY-RECORD-001',
      'QRY-RECORD-002',
      'QRY-NAME-001',
      'QRY-VERSION-001',
      'QRY-VERSION-002',
      'QRY-TEXT-001',
      'QRY-CONFIG-001',
      'QRY-FEATURE-001',
      'QRY-FEATURE-002',
      'QRY-FEATURE-003',
      'QRY-FEATURE-004',
      'QRY-TIME-001',
    ],
    'first',
    async (context) => {
      const { judged } = context.run.subjects
      let query: QueryResult | undefined
      await context.judge('QRY-RECORD-001', async () => {
        query = await context.call('Plugin.query', {})
      })
      query ??= await context.call('Plugin.query', {})
      const { plugin, required_api_version: version, features } = query
      await context.judge('QRY-RECORD-002', async () => {
        const again = await context.call('Plugin.query', {})
        const third = await context.call('Plugin.query', {})
        demandEqual(again, query, 'the same answer the second time')
        demandEqual(third, query, 'the same answer the third time')
      })
      await context.judge('QRY-NAME-001', async () => {
        const type = shortName('volume', basename(judged.path))
        demand(plugin.toLowerCase() === type.toLowerCase(), `plugin: ${JSON.stringify(type)}`, plugin)
      })
      await context.judge('QRY-VERSION-001', async () => {
        demand(API_VERSIONS.includes(version), `one of ${API_VERSIONS.join(', ')}`, version)
      })
      await context.judge('QRY-VERSION-002', async () => {
        demand(version === API_VERSIONS.at(-1), `${API_VERSIONS.at(-1)}`, version)
      })
      await context.judge('QRY-TEXT-001', async () => demandTexts(query))
      await context.judge('QRY-CONFIG-001', async () => {
        const given = Object.keys(context.run.places.template)
        if (given.length === 0) throw new NotApplicable('needs a configuration', 'give one with --config')
        const undescribed = given.filter((key) => !query?.configuration[key]?.trim())
        demand(undescribed.length === 0, `descriptions of ${given.join(', ')}`, `none of ${undescribed.join(', ')}`)
      })
      await context.judge('QRY-FEATURE-001', async () => demandScriptsOfFeatures(context))
      await context.judge('QRY-FEATURE-002', async () => demandFeaturesOfScripts(context))
      await context.judge('QRY-FEATURE-003', async () => {
        const odd = features.filter((feature) => !/^[A-Z][A-Z0-9_]*(\/[1-9][0-9]*)?$/.test(feature))
        const names = features.map((feature) => feature.split('/')[0])
        const twice = features.filter((_, index) => names.indexOf(names[index]) !== index)
        demand(odd.length + twice.length === 0, 'NAME or NAME/VERSION, each once', [...odd, ...twice])
      })
      await context.judge('QRY-FEATURE-004', async () => {
        const unknown = [...judged.features.keys()].filter((feature) => !FEATURES.has(feature))
        demand(unknown.length === 0, 'features that toolstacks know', unknown)
      })
      await context.judge('QRY-TIME-001', async () => {
        const { record } = await context.outcome('Plugin.query', {})
        const seconds = record?.duration ?? 0
        demand(seconds < LONGEST_QUERY, `an answer within ${LONGEST_QUERY} s`, `${seconds.toFixed(1)} s`)
      })
    },
  ),
  check('QRY-FEATURE-005', 'alone', async (context) => {
    const { judged } = context.run.subjects
    const declared = OF_FORMATS.filter((feature) => judged.features.has(feature))
    if (declared.length === 0) throw new NotApplicable(`needs one of the features ${OF_FORMATS.join(', ')}`)
    const sr = await sharedSr(context)
    const parent = await newVolume(context, sr)
    const child = await cloneOf(context, sr, parent)
    const at = { sr: handleOf(sr), key: child.key }
    await context.offers(context.call('Volume.enable_cbt', at))
    await context.offers(context.call('Volume.compose', { ...at, key2: parent.key }))
    const lacking = declared.filter((feature) => context.run.lacking.has(feature))
    demandEqual(lacking, [], 'no declared feature that the SR lacks')
  }),
  basic('QRY-DIAG-001', async (context) => {
    await context.call('Plugin.diagnostics', {})
  }),
  basic('QRY-LS-001', async (context) => {
    await context.call('Plugin.ls', {})
  }),
  check('QRY-DIAG-002', 'shared', async (context) => {
    await sharedSr(context)
    const text = await context.call('Plugin.diagnostics', {})
    const told = context.run.secrets.filter((secret) => secret !== '' && text.includes(secret))
    demand(told.length === 0, 'text without the secrets of the configuration', `${told.length} of them are in it`)
  }),
  check('QRY-LS-002', 'own-sr', async (context) => {
    const sr = await ownSr(context)
    const attached = await context.call('Plugin.ls', {})
    demand(attached.includes(sr.handle ?? ''), `a list with ${sr.handle}`, attached)
    await context.call('SR.detach', { sr: sr.handle ?? '' })
    const detached = await context.call('Plugin.ls', {})
    demand(!detached.includes(sr.handle ?? ''), `a list without ${sr.handle} after SR.detach`, detached)
  }),
]

function basic(id: ClauseId, body: (context: Context) => Promise<void>): Check {
  return check(id, 'first', body)
}

function demandTexts(query: QueryResult | undefined): void {
  const members = ['name', 'description', 'vendor', 'copyright', 'version'] as const
  const empty = members.filter((member) => !query?.[member].trim())
  demand(empty.length === 0, 'text in each of them', `nothing in ${empty.join(', ')}`)
}

function demandScriptsOfFeatures({ run }: Context): void {
  const { files, features, kind } = run.subjects.judged
  if (files instanceof Smapiv3Error || files.shape === 'file') return
  const missing = [...features.keys()].flatMap((feature) =>
    (FEATURE_SCRIPTS.get(feature) ?? [])
      .filter((method) => METHODS[method].kinds.includes(kind) && !files.scripts.has(method))
      .map((method) => `${feature} needs ${method}`),
  )
  demand(missing.length === 0, 'a script for each feature', missing)
}

function demandFeaturesOfScripts({ run }: Context): void {
  const { files, features } = run.subjects.judged
  if (files instanceof Smapiv3Error || files.shape === 'file') return
  const silent = [...files.scripts.keys()].filter((method) => {
    const { feature } = METHODS[method]
    return feature !== null && DECLARED_ONLY.includes(feature) && !features.has(feature)
  })
  const lacking = silent.map((method) => `${method} needs ${METHODS[method].feature}`)
  demand(lacking.length === 0, 'a feature for each of these scripts', lacking)
}
