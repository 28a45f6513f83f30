import { describe, expect, it } from 'vitest'
import { tableIn } from '../../../scripts/doc-table.ts'
import { type Fault, faults, faultTable, misnamed } from '../../../scripts/faults.ts'

const fault = (title: string): Fault => ({ title, files: ['x.test.ts'] })

describe('the table of faults in docs/stores.md', () => {
  it('has a row for every test of a fault, and a test for every row', () => {
    expect(misnamed()).toEqual([])
    expect(tableIn('docs/stores.md', 'faults')).toBe(faultTable())
  })

  it('comes from tests that are there', () => {
    const engines = new Set(faults().map(({ title }) => title.split(' | ')[0]))
    for (const engine of ['Redis', 'Redis Cluster', 'PostgreSQL', 'MariaDB']) expect(engines).toContain(`fault: ${engine}`)
  })

  it('keeps the rows of an engine together', () => {
    const rows = ['a | killed | error | back', 'b | killed | error | back', 'a | slow | error | back']
    const table = faultTable(rows.map((row) => fault(`fault: ${row}`)))
    expect(table.split('\n').slice(2)).toEqual(
      ['a | killed | error | back', 'a | slow | error | back', 'b | killed | error | back'].map((row) => `| ${row} |`),
    )
  })

  it('finds titles that would make no row', () => {
    expect(misnamed([fault('fault: a | killed'), fault('fault: a | b | c | d')])).toEqual(['fault: a | killed'])
  })
})
