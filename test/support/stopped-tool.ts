/** A tool of the system that stops itself, once, just before it opens a file: what others do then, they do in the middle of its work. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dir } from 'tmp-promise'
import { processesNaming } from './datapath.ts'
import { eventually } from './servers/eventually.ts'

export interface StoppedTool {
  /** For the PATH of what runs the tool. */
  readonly directory: string
  /** Has the next run of the tool stop before it opens a file, which is given by the end of its path. */
  arm(ending: string): void
  /** Waits until the tool has stopped, and gives its pid. */
  stopped(): Promise<number>
  remove(): Promise<void>
}

/** The tools that this needs, for `lacks`. */
export const STOPPED_TOOL_NEEDS = ['cc'] as const

export async function stoppedTool(name: string): Promise<StoppedTool> {
  const { path: directory, cleanup } = await dir({ unsafeCleanup: true, prefix: 'smapiv3-stopped-' })
  const source = join(directory, 'stop.c')
  const library = join(directory, 'stop.so')
  const mark = join(directory, 'armed')
  writeFileSync(source, SOURCE)
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl'])
  const environment = `LD_PRELOAD=${library} STOP_MARK=${mark}`
  writeFileSync(join(directory, name), `#!/bin/sh\nexec env ${environment} /usr/bin/${name} "$@"\n`, { mode: 0o755 })
  let ending = ''
  const isStopped = (pid: number): boolean =>
    factOf(pid, 'stat').includes(`(${name}) T `) && factOf(pid, 'environ').includes(mark)
  const find = () => processesNaming(name).find(isStopped)
  return {
    directory,
    arm(file) {
      ending = file
      writeFileSync(mark, file)
    },
    async stopped() {
      await eventually(() => find() !== undefined, `${name} is about to open ${ending}`)
      return find() ?? 0
    },
    remove: cleanup,
  }
}

/** What the kernel says of a process; nothing of one that has ended. */
function factOf(pid: number, name: 'stat' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return ''
  }
}

/** The file says before which other one to stop; who removes it stops. */
const SOURCE = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void stop_before(const char *path) {
  const char *mark = getenv("STOP_MARK");
  char wanted[4096] = "";
  FILE *file = mark ? fopen(mark, "r") : NULL;
  if (!file) return;
  size_t length = fread(wanted, 1, sizeof wanted - 1, file);
  fclose(file);
  size_t all = strlen(path);
  if (length == 0 || all < length || strcmp(path + all - length, wanted) != 0) return;
  if (unlink(mark) == 0) raise(SIGSTOP);
}

#define OPEN(name)                                                   \\
  int name(const char *path, int flags, ...) {                       \\
    va_list list;                                                    \\
    va_start(list, flags);                                           \\
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, int) : 0; \\
    va_end(list);                                                    \\
    int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name);   \\
    stop_before(path);                                               \\
    return real(path, flags, mode);                                  \\
  }
OPEN(open)
OPEN(open64)

#define OPEN_2(name)                                           \\
  int name(const char *path, int flags) {                      \\
    int (*real)(const char *, int) = dlsym(RTLD_NEXT, #name);  \\
    stop_before(path);                                         \\
    return real(path, flags);                                  \\
  }
OPEN_2(__open_2)
OPEN_2(__open64_2)
`
