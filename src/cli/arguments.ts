/** Arguments that several verbs take, each described once. What is text on the command line stays text. */

export const PLUGIN = text('Volume plugin: its queue name, the last component of it (file), or a path')
export const SR = text('Attached SR: its uuid, or its name if only one SR has it')
export const KEY = text('Key of the volume in the SR')
export const SETTINGS = {
  type: 'string',
  array: true,
  default: [] as string[],
  describe: 'Configuration of the SR (device_config) as key=value',
} as const
export const DOMAIN = option('Domain that uses the disk: a domain id, or any text; the control domain by default', 'D')

/** A positional argument that must be given. */
export function text(describe: string) {
  return { type: 'string', demandOption: true, describe } as const
}

/** An option with a value. */
export function option(describe: string, value: string) {
  return { type: 'string', requiresArg: true, describe: `${describe} (${value})` } as const
}

/** An option without a value. */
export function flag(describe: string) {
  return { type: 'boolean', describe } as const
}
