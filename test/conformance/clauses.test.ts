import { describe, expect, test } from 'vitest'
import { BASIC } from '../../src/conformance/cause.ts'
import { CHECKS } from '../../src/conformance/checks/index.ts'
import { LEVELS } from '../../src/conformance/clause.ts'
import { CHAPTERS, CLAUSE_IDS, CLAUSES, isClauseId } from '../../src/conformance/clauses.ts'
import { isMethodName, METHOD_NAMES } from '../../src/contract/methods.ts'

const judged = CHECKS.flatMap(({ clauses }) => clauses)

describe('the table of clauses', () => {
  test('has at least 150 of them, each in one chapter', () => {
    expect(CLAUSE_IDS.length).toBeGreaterThanOrEqual(150)
    const inChapters = CHAPTERS.flatMap(({ clauses }) => Object.keys(clauses))
    expect([...inChapters].sort()).toEqual([...CLAUSE_IDS].sort())
  })

  test('has every clause judged by one check', () => {
    expect(CLAUSE_IDS.filter((id) => !judged.includes(id))).toEqual([])
    expect(judged.filter((id, index) => judged.indexOf(id) !== index)).toEqual([])
  })

  test('names for every method that is ever called the clause that it works at all', () => {
    const called = METHOD_NAMES.filter((method) => !method.startsWith('Task.'))
    expect(called.filter((method) => BASIC[method] === undefined)).toEqual([])
    const elsewhere = called.filter((method) => !CLAUSES[BASIC[method] ?? 'FIL-PLUGIN-001'].about.includes(method))
    expect(elsewhere).toEqual([])
  })

  test.each(CLAUSE_IDS)('%s says what must hold, why, where from and what to do', (id) => {
    const { level, about, text, why, source, advice, after = [] } = CLAUSES[id]
    expect(id).toMatch(/^[A-Z]+-[A-Z0-9]+-\d{3}$/)
    expect(LEVELS).toContain(level)
    expect(about.filter((method) => !isMethodName(method))).toEqual([])
    for (const sentence of [text, why, advice]) expect(sentence).toMatch(/^[A-ZA-Za-z].*[.)]$/su)
    expect(source).toMatch(/^SMAPIv3 script protocol, section \d+(\.\d+)?$/)
    expect(after.filter((other) => !isClauseId(other) || other === id)).toEqual([])
  })
})
