/** What is said of findings that several clauses could be blamed for. */
import { expect, test } from 'vitest'
import { Ledger } from '../../src/conformance/ledger.ts'
import { CallFailed, Violation } from '../../src/conformance/violation.ts'
import { Smapiv3Error } from '../../src/contract/errors.ts'
import type { MethodName } from '../../src/contract/methods.ts'
import type { TraceRecord } from '../../src/invoke/trace-record.ts'

const METADATA = new Violation('the metadata that was stored', 'other metadata')

function called(method: MethodName): readonly TraceRecord[] {
  return [
    {
      id: 'a-call',
      startedAt: '2026-11-27T00:00:00.000Z',
      plugin: '/plugin',
      script: `/plugin/${method}`,
      shape: 'directory',
      method,
      argv: ['--json'],
      stdin: '{}',
      stdinExact: true,
      stdout: 'null',
      stdoutBytes: 4,
      stderr: '',
      exitStatus: 0,
      signal: null,
      end: 'exited',
      duration: 0.1,
      outcome: { ok: true },
    },
  ]
}

/** Clause → its outcome, and what that follows from. */
function outcomes(ledger: Ledger) {
  return Object.fromEntries(ledger.reports().map(({ id, outcome, because = [] }) => [id, [outcome, ...because]]))
}

test('what only a look at much at once has found fails', () => {
  const ledger = new Ledger(() => {})
  ledger.pass('ROB-CONC-002', 1)
  ledger.enterUnexplained('ROB-CONC-002', METADATA, called('Volume.set'))
  expect(outcomes(ledger)).toEqual({ 'ROB-CONC-002': ['failed'] })
})

test('it follows from what is wrong with a method that was called, whichever is found first', () => {
  const ledger = new Ledger(() => {})
  ledger.enterUnexplained('ROB-CONC-002', METADATA, called('Volume.set'))
  ledger.enter('VOL-SET-007', METADATA, called('Volume.set'), 1)
  expect(outcomes(ledger)).toEqual({ 'VOL-SET-007': ['failed'], 'ROB-CONC-002': ['follows', 'VOL-SET-007'] })
})

test('it does not follow from what is wrong with another method', () => {
  const ledger = new Ledger(() => {})
  ledger.enterUnexplained('ROB-CONC-002', METADATA, called('Volume.set'))
  ledger.enter('SR-PROBE-001', METADATA, called('SR.probe'), 1)
  expect(outcomes(ledger)).toEqual({ 'SR-PROBE-001': ['failed'], 'ROB-CONC-002': ['failed'] })
})

test('two of them do not explain each other', () => {
  const ledger = new Ledger(() => {})
  ledger.enterUnexplained('ROB-CONC-002', METADATA, called('Volume.set_name'))
  ledger.enterUnexplained('VOL-NAME-001', METADATA, called('Volume.set_name'))
  expect(outcomes(ledger)).toEqual({ 'VOL-NAME-001': ['failed'], 'ROB-CONC-002': ['failed'] })
})

test('what a check has seen of another clause follows from the fault that the clause follows from', () => {
  const ledger = new Ledger(() => {})
  const rejected = new Smapiv3Error('PLUGIN_REJECTED', 'a file may be written by everybody')
  ledger.enter('ROB-KILL-001', new CallFailed('SR.create', rejected), [], 1)
  ledger.enter('FIL-MODE-001', new Violation('no file that others may write', 'lib.sh'), called('Plugin.query'), 1)
  expect(outcomes(ledger)).toEqual({
    'FIL-MODE-001': ['failed'],
    'FIL-PLUGIN-001': ['follows', 'FIL-MODE-001'],
    'ROB-KILL-001': ['follows', 'FIL-MODE-001'],
  })
})
