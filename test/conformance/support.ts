/** Small plugins for tests of the suite itself, written as one line of shell for every method. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const METHODS =
  `Plugin.query Plugin.diagnostics SR.probe SR.create SR.attach SR.detach SR.destroy SR.stat SR.ls SR.set_name
SR.set_description Volume.create Volume.stat Volume.destroy Volume.set Volume.unset Volume.set_name Volume.set_description
Volume.snapshot Volume.clone Volume.resize`.split(/\s+/)

const RECORD = {
  plugin: 'demo',
  name: 'Demo',
  description: '<b>Example</b> & "more"',
  vendor: 'ACME',
  copyright: '',
  version: '1.0',
  required_api_version: '5.0',
  features: ['SR_ATTACH', 'VDI_REVERT', 'vdi_odd'],
  configuration: {},
  required_cluster_stack: [],
}

/** A volume plugin all of whose scripts are this text, except Plugin.query where it is to answer. */
export function shellPlugin(directory: string, script: string, answersQuery = true): string {
  const plugin = join(directory, 'volume.d', 'org.xen.xapi.storage.demo')
  mkdirSync(plugin, { recursive: true })
  for (const method of METHODS) {
    const text = method === 'Plugin.query' && answersQuery ? `echo '${JSON.stringify(RECORD)}'` : script
    writeFileSync(join(plugin, method), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  }
  return plugin
}
