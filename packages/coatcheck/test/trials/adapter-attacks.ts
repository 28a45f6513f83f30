import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { SessionEvent } from '../../src/core/model/events.ts'
import { type Arena, arena, type Kind, type Seen } from '../helpers/arena.ts'
import { type Attack, cookieAttacks, type Entry, HOST, idAttacks, tokenAttacks } from '../helpers/attacks.ts'
import { tellsNothing } from '../helpers/discretion.ts'
import { type Adapter, adapters } from '../helpers/framework-adapters.ts'
import { discretion, SECRET } from '../helpers/site.ts'

// Every attack on cookies, tickets and ids, against every adapter: tickets are made by the engine under the same name, secret and store, and
// what an attacker sends goes to a page behind the adapter.

const CORPUS: readonly Entry[] = JSON.parse(readFileSync(new URL('../vectors/attacks.json', import.meta.url), 'utf8'))
const attacks: Record<string, Attack> = { ...cookieAttacks, ...tokenAttacks, ...idAttacks }
// TK-015 counts how often a seal is opened, which core alone can see.
const entries = CORPUS.filter(({ id }) => id in attacks && id !== 'TK-015')
const kinds = ['sealed', 'stored'] as const

function arenaOf(adapter: Adapter, kind: Kind, cookie: string): Arena {
  const inner = arena(kind, cookie)
  const store = kind === 'stored' ? { store: inner.watch.store } : {}
  const site = { cookie, secret: SECRET, now: inner.clock.now, ...store }
  return {
    ...inner,
    ticket: (name) => adapter.ticket?.({ ...site, onEvent: () => undefined }, name) ?? inner.ticket(name),
    async attack(header, more = {}): Promise<Seen> {
      let headers: Headers
      try {
        headers = new Headers({ ...more, cookie: header })
      } catch {
        return inner.attack(header, more) // no runtime lets it in
      }
      inner.watch.forget()
      const refusals: string[] = []
      const onEvent = (event: SessionEvent) => {
        discretion.tell(event)
        if (event.type === 'refused') refusals.push(event.reason)
      }
      const { response, values } = await adapter.look({ ...site, onEvent }, headers)
      discretion.read(response.headers)
      const { reads, writes } = inner.watch
      return { isNew: Object.keys(values).length === 0, name: values.name, response, refusals, reads, writes, openings: 0 }
    },
  }
}

/** The adapter of the unit tests; the slow tests have the others. */
export const SAMPLE = 'Remix 3'
export const sample: readonly Adapter[] = adapters.filter(({ name }) => name === SAMPLE)
export const others: readonly Adapter[] = adapters.filter(({ name }) => name !== SAMPLE)

/** Tries every attack on these. */
export function attacksOn(some: readonly Adapter[]): void {
  describe.each(some.map((adapter) => [adapter.name, adapter] as const))('behind the adapter of %s', (_, adapter) => {
    test.each(kinds)('a ticket opens its session (%s)', async (kind) => {
      const here = arenaOf(adapter, kind, HOST)
      const seen = await here.attack(`${HOST}=${await here.ticket('ada')}`)
      expect([seen.name, seen.refusals]).toEqual(['ada', []])
    })

    const own = entries.filter(({ id }) => !adapter.otherForm?.includes(id))
    describe.each(own.map((entry) => [`${entry.id}, ${entry.class}`, entry] as const))('%s', (_, entry) => {
      const attack = attacks[entry.id] as Attack
      const { kinds: only, run } = typeof attack === 'function' ? { kinds, run: attack } : attack
      const cookie = entry.input?.startsWith('sid=') ? 'sid' : HOST
      test.for(kinds.filter((kind) => only.includes(kind as never)))('on sessions %s', async (kind) => {
        await run(arenaOf(adapter, kind, cookie), entry)
      })
    })
  })
  tellsNothing(discretion)
}
