/** Where a file has data: the rest is holes, which read as zeros and need not be read. */
import { statSync } from 'node:fs'
import { PluginError } from '../kit/index.ts'
import { runTool, ToolError } from './tool.ts'

/** Bytes `start` up to, not including, `end`. */
export interface Extent {
  readonly start: number
  readonly end: number
}

/**
 * The extents of a file that may hold data, in order. Without the tool `filefrag`, or on a file system that does not
 * tell, that is the whole file: right, only slower to read.
 */
export function dataExtents(path: string): readonly Extent[] {
  const { blocks, size } = statSync(path)
  if (blocks === 0) return []
  try {
    return parseExtents(runTool('filefrag', ['-s', '-v', '-b1', path]))
  } catch (error) {
    if (!(error instanceof ToolError || error instanceof PluginError)) throw error
    return [{ start: 0, end: size }]
  }
}

/** Reads `filefrag -v -b1`: lines such as `0:  655360..  851967: 24344395776.. 24344592383: 196608: 655360: last`. */
function parseExtents(report: string): readonly Extent[] {
  return [...report.matchAll(/^ *\d+: +(\d+)\.\. *(\d+):/gm)].map(([, first, last]) => ({
    start: Number(first),
    end: Number(last) + 1,
  }))
}
