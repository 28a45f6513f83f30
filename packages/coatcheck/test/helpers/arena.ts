import { expect } from 'vitest'
import { adapterOf, answer } from '../../src/core/adapter.ts'
import type { AdapterOptions } from '../../src/core/options/options.ts'
import { createKeyring, type Keyring } from '../../src/crypto/keyring.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { type Clock, clockFrom } from './clock.ts'
import { discretion, type Person, SECRET, type Site, site, WITHOUT_SECRETS } from './site.ts'
import { type Watched, watched } from './watched.ts'

export const KINDS = ['sealed', 'stored', 'stored without secrets'] as const
export type Kind = (typeof KINDS)[number]

/** What an attacker's request came to. */
export interface Seen {
  readonly isNew: boolean
  /** What the session under attack would have shown. */
  readonly name: unknown
  readonly response: Response
  readonly refusals: readonly string[]
  readonly reads: number
  readonly writes: number
  /** How often a ticket was opened or its MAC checked. */
  readonly openings: number
}

/** A site under attack: sessions of one kind, under one cookie name. */
export interface Arena {
  readonly kind: Kind
  readonly cookie: string
  readonly site: Site
  readonly watch: Watched
  readonly clock: Clock
  /** A browser with a session whose `name` is this. */
  person(name: string): Promise<Person>
  /** The ticket of such a session. */
  ticket(name: string): Promise<string>
  /** A request that presents this Cookie header, byte for byte, and reads. */
  attack(cookie: string, headers?: Record<string, string>): Promise<Seen>
}

export function arena(kind: Kind, cookie: string, options: Partial<AdapterOptions> = {}): Arena {
  const clock = clockFrom()
  const watch = watched(memoryStore({ now: () => 0 }))
  let openings = 0
  const counting =
    <A extends unknown[], R>(run: (...args: A) => R) =>
    (...args: A): R => {
      openings++
      return run(...args)
    }
  const counted = (keyring: Keyring): Keyring => ({ ...keyring, open: counting(keyring.open), verify: counting(keyring.verify) })
  const secrets = [options.secrets ?? SECRET].flat() as string[]
  const all: Partial<AdapterOptions> = {
    cookie: { name: cookie },
    ...(kind !== 'sealed' && { store: watch.store }),
    ...(kind === 'stored without secrets' ? WITHOUT_SECRETS : { secrets }),
    ...options,
  }
  const s = site({ clock, ...all }, kind === 'stored without secrets' ? {} : { keyring: counted(createKeyring(secrets)) })

  const person = async (name: string) => {
    const someone = s.person()
    await someone.does((session) => session.set('name', name))
    return someone
  }

  return {
    kind,
    cookie,
    site: s,
    watch,
    clock,
    person,
    ticket: async (name) => (await person(name)).browser.cookies().find((held) => held.name === cookie)?.value ?? '',
    async attack(header, headers = {}) {
      watch.forget()
      s.events.length = 0
      openings = 0
      const { response, isNew, name } = await visit(s, header, headers)
      discretion.read(response.headers)
      return { isNew, name, response, refusals: s.refusals, reads: watch.reads, writes: watch.writes, openings }
    },
  }
}

/** Through the adapter; what the runtime's own `Headers` would not let in goes to the engine as it is. */
async function visit(s: Site, cookie: string, headers: Record<string, string>) {
  let isNew = false
  let name: unknown
  try {
    new Headers({ cookie })
  } catch {
    const requestSession = adapterOf(s.sessions).requestSession(
      {},
      { get: (header) => (header === 'cookie' ? cookie : (headers[header] ?? null)) },
    )
    const session = await requestSession.open()
    const response = new Response('ok')
    isNew = session.isNew
    name = session.get('name')
    await requestSession.commit()
    requestSession.finish()
    answer(response.headers, [requestSession])
    return { response, isNew, name }
  }
  const response = await s.person().asks(
    (session) => {
      isNew = session.isNew
      name = session.get('name')
    },
    { headers: { ...headers, cookie } },
  )
  return { response, isNew, name }
}

/** A fresh empty session: nothing thrown, nothing written, no cookie. `told`: the reasons that may have been given, one at least; none: silence. */
export function expectStranger(
  seen: Seen,
  told: readonly string[] | 'in silence' | 'told or not' = 'told or not',
  /** The engine's own, to remember that an old ticket was used. */
  writes = 0,
): void {
  expect([seen.isNew, seen.name, seen.response.headers.getSetCookie(), seen.writes]).toEqual([true, undefined, [], writes])
  if (told === 'in silence') expect(seen.refusals).toEqual([])
  else if (told !== 'told or not') {
    expect(seen.refusals.length).toBeGreaterThan(0)
    for (const reason of seen.refusals) expect(told).toContain(reason)
  }
}
