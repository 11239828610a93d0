/** LVM's own commands, as an administrator runs them, on the devices of a test and no others. Needs root. */
import { execFileSync } from 'node:child_process'
import { configuration } from '../../src/engine/lvm/command.ts'

const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', LVM_SUPPRESS_FD_WARNINGS: '1' }

/** Runs a command on some devices and returns what it printed. */
export function lvm(devices: readonly string[], ...args: readonly string[]): string {
  const [command = '', ...rest] = args
  const config = ['--config', configuration(devices).replaceAll('\n', ' ')]
  return execFileSync('lvm', [command, ...config, ...rest], {
    env: ENVIRONMENT,
    encoding: 'utf8',
    stdio: 'pipe',
    maxBuffer: 2 ** 30,
  })
}

/** The rows of a report such as `lvs`, values as texts; sizes are bytes. */
export function lvmReport(
  devices: readonly string[],
  command: 'pvs' | 'vgs' | 'lvs',
  columns: string,
  ...more: readonly string[]
): readonly Readonly<Record<string, string>>[] {
  const format = ['--reportformat', 'json', '--units', 'b', '--nosuffix', '--options', columns]
  const { report } = JSON.parse(lvm(devices, command, ...format, ...more))
  return report.flatMap((each: Record<string, Record<string, string>[]>) => Object.values(each).flat())
}
