import { clockOf } from '../../clock.ts'
import type { CustomStorage } from '../../core/adapter.ts'

/** So many rows that may have expired are looked at when one is made. */
const SWEPT = 8

/** Rows in memory under ids like those of Hydrogen. */
export function memoryRows(clock?: () => number): CustomStorage {
  const now = clockOf(clock)
  const rows = new Map<string, { readonly data: Record<string, unknown>; readonly endsAt: number }>()
  let sweep = rows.entries()
  const alive = (id: string) => {
    const row = rows.get(id)
    return row && row.endsAt > now() ? row : undefined
  }
  return {
    async create(data, expires) {
      for (let looks = 0; looks < SWEPT; looks++) {
        const { value: [id] = [], done } = sweep.next() as IteratorResult<[string, unknown], undefined>
        if (done) sweep = rows.entries()
        if (done) break
        if (id !== undefined && !alive(id)) rows.delete(id)
      }
      const id = crypto.randomUUID()
      rows.set(id, { data: structuredClone(data), endsAt: expires.getTime() })
      return id
    },
    read: async (id) => structuredClone(alive(id)?.data),
    async update(id, data, expires) {
      if (alive(id)) rows.set(id, { data: structuredClone(data), endsAt: expires.getTime() })
    },
    async delete(id) {
      rows.delete(id)
    },
  }
}
