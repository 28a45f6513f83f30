import { SessionError } from '../../errors.ts'
import { DEAF } from '../shared/wrapped.ts'
import type { Listener, Listening, Store } from '../store.ts'

/** Throws `BAD_OPTIONS` unless records can be claimed in both. */
export function checkStores(who: string, from: Store, to: Store): void {
  for (const [name, store] of Object.entries({ from, to })) {
    if (typeof store?.read !== 'function' || typeof store.create !== 'function')
      throw new SessionError('BAD_OPTIONS', `${who}: \`${name}\` is no store.`)
    if ((store.consistency ?? 'strong') === 'strong') continue
    throw new SessionError('BAD_OPTIONS', `${who}: \`${name}\` is ${store.consistency}, and a move needs compare-and-set.`, {
      fix: 'Only stores that are strong can be moved while the site runs: see the table of docs/stores.md.',
    })
  }
  if (from === to) throw new SessionError('BAD_OPTIONS', `${who}: \`from\` and \`to\` are one store.`)
}

/** What only one of them offers is not offered. */
export function offeredByBoth(from: Store, to: Store): Pick<Store, 'listByOwner' | 'list' | 'prune' | 'watch' | 'migrate'> {
  const both = (name: 'listByOwner' | 'list' | 'prune' | 'watch'): boolean => !!from[name] && !!to[name]
  return {
    ...(both('listByOwner') && {
      // One after the other: what leaves the first meanwhile is in the second.
      async listByOwner(owner: string) {
        const old = (await from.listByOwner?.(owner)) ?? []
        return [...new Set([...old, ...((await to.listByOwner?.(owner)) ?? [])])]
      },
    }),
    ...(both('list') && {
      async list(after: string | undefined, limit: number) {
        const isNew = after?.startsWith('t') === true
        const { keys, next } = (!isNew && (await from.list?.(after?.slice(1), limit))) || { keys: [] }
        if (next !== undefined) return { keys, next: `f${next}` }
        if (keys.length >= limit) return { keys, next: 't' }
        const page = (await to.list?.((isNew && after?.slice(1)) || undefined, limit - keys.length)) ?? { keys: [] }
        return { keys: [...keys, ...page.keys], ...(page.next !== undefined && { next: `t${page.next}` }) }
      },
    }),
    ...(both('prune') && {
      async prune(before: number, limit: number) {
        const removed = (await from.prune?.(before, limit)) ?? 0
        return removed >= limit ? removed : removed + ((await to.prune?.(before, limit - removed)) ?? 0)
      },
    }),
    ...(both('watch') && { watch: (listener: Listener) => watchBoth(from, to, listener) }),
    ...((from.migrate || to.migrate) && {
      async migrate() {
        await from.migrate?.()
        await to.migrate?.()
      },
    }),
  }
}

/** Of a record that crosses the old store tells as of an end: whoever is told looks, and finds it. */
async function watchBoth(from: Store, to: Store, { told, lost }: Listener): Promise<Listening> {
  let isOver = false
  let first: Listening | undefined
  const listener: Listener = {
    told(key) {
      if (!isOver) told(key)
    },
    lost(error) {
      if (isOver) return
      isOver = true
      lost(error)
    },
  }
  try {
    first = (await from.watch?.(listener)) ?? DEAF
    const second = (await to.watch?.(listener)) ?? DEAF
    const [one, other] = [first, second]
    return {
      ping: () => Promise.all([one.ping(), other.ping()]),
      async stop() {
        isOver = true
        await Promise.all([one.stop(), other.stop()])
      },
    }
  } catch (error) {
    isOver = true
    await first?.stop()
    throw error
  }
}
