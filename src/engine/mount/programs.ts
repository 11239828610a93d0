/** What there is on this machine to mount with. */
import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { toolEnvironment } from '../tool.ts'

/**
 * Whether the kernel has a file system, loaded or as a module that mounting loads.
 * @param modules directories of the modules, below `kernel/fs`
 */
export function kernelHasFileSystem(name: string, modules: readonly string[]): boolean {
  if (readFileSync('/proc/filesystems', 'utf8').split(/\s/).includes(name)) return true
  const directory = join('/lib/modules', release(), 'kernel/fs')
  return modules.some((module) => existsSync(join(directory, module)))
}

/** Whether a program is where tools are looked for. */
export function programIsInstalled(program: string): boolean {
  return toolEnvironment()
    .PATH.split(':')
    .some((directory) => {
      try {
        accessSync(join(directory, program), constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}
