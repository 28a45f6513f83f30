/**
 * A model of device-bound sessions: one record with its moves, one browser with a key, somebody who copies cookies, two servers whose clocks
 * are 60 seconds apart. Each actor does its steps in order, and the search lets them happen in every order. `Fault`s are what a wrong
 * engine would do; the search has to find each.
 */

/** What a record says of its device. */
interface State {
  readonly sid: number
  readonly key?: 'device' | 'planted'
  readonly confirmed?: boolean
}
interface Rec {
  readonly bound: State
  readonly owner: boolean
  readonly to?: number
}
interface Bound {
  readonly sid: number
  readonly key: string
  readonly end: number
}
type Server = 0 | 60
/** What one request brought along, and what the server has read of it so far. */
interface Flight {
  readonly kind: 'register' | 'refresh' | 'page' | 'move'
  readonly at: Server
  readonly ticket?: number | undefined
  readonly cookie?: Bound | undefined
  readonly sid?: number
  /** The sign-in that the device session of a refresh is of. */
  readonly device?: number
  readonly key?: 'device' | 'planted'
  /** The end of the challenge that it answers, and the secret that the challenge is of. */
  readonly jti?: { readonly end: number; readonly secret: number; readonly sid: number; readonly unknown?: number } | undefined
  readonly found?: number | undefined
  readonly answer?: string
}
export interface World {
  readonly now: number
  readonly records: Readonly<Record<number, Rec>>
  readonly nextKey: number
  readonly nextSid: number
  /** The secret that writes; the one before it reads. */
  readonly secret: number
  readonly down: boolean
  readonly ended: boolean
  readonly browser: {
    readonly ticket?: number | undefined
    readonly cookie?: Bound | undefined
    /** The device session: the record that its sid names, and the sid itself. */
    readonly device?: { readonly record: number; readonly sid: number } | undefined
    readonly offer?: Flight['jti']
    readonly challenge?: Flight['jti']
  }
  readonly copied: { readonly ticket?: number | undefined; readonly cookie?: Bound | undefined }
  readonly flights: Readonly<Record<string, Flight>>
  readonly broken?: string | undefined
}

export const FAULTS = [
  'enforces before the first refresh',
  'a sign-in keeps the key',
  'registers whatever the record says by now',
  'refuses the same key a second time',
  'a new id drops the key',
  'does not follow a forwarding record',
  'an unknown session ends the device session at once',
  'a store that is down ends the device session',
  'the server does not look when a cookie ends',
  'no allowance for clocks',
  'a cookie counts for any session',
  'a challenge of the secret before is refused for good',
  'a refresh brings an ended session back',
  'leaves a refused cookie in the browser',
  'a refresh for another site that finds nothing ends the device session',
] as const
export type Fault = (typeof FAULTS)[number] | undefined

const [MAX_AGE, FIRST, GRACE] = [300, 10, 60]
type Step = (world: World, fault: Fault) => World
const clock = ({ now }: World, at: Server): number => now + at
const broken = (world: World, why: string): World => ({ ...world, broken: world.broken ?? why })
const alive = (world: World, key: number | undefined, fault?: Fault): number | undefined => {
  let at = key
  while (at !== undefined && world.records[at]?.to !== undefined && fault !== 'does not follow a forwarding record')
    at = world.records[at]?.to
  const found = at === undefined ? undefined : world.records[at]
  return found && found.to === undefined ? at : undefined
}
const stateAt = (world: World, key: number | undefined): State | undefined => world.records[key ?? -1]?.bound
const put = (world: World, key: number, rec: Rec | undefined): World => {
  const { [key]: _, ...others } = world.records
  return { ...world, records: rec ? { ...others, [key]: rec } : others }
}
const over = (end: number, world: World, at: Server, fault: Fault): boolean =>
  clock(world, at) > end + (fault === 'no allowance for clocks' ? 0 : GRACE)
const inBrowser = (world: World, more: Partial<World['browser']>): World => ({ ...world, browser: { ...world.browser, ...more } })

/** How a session stands for what was presented. */
function judged(
  world: World,
  flight: Pick<Flight, 'ticket' | 'cookie' | 'at'>,
  fault: Fault,
): 'none' | 'bound' | 'lapsed' | 'gone' {
  const rec = world.records[flight.ticket ?? -1]
  if (!rec) return 'gone'
  const { key, confirmed, sid } = rec.bound
  if (!key || !(confirmed || fault === 'enforces before the first refresh')) return 'none'
  const { cookie } = flight
  const fits = cookie && (fault === 'a cookie counts for any session' || (cookie.sid === sid && cookie.key === key))
  const counts = fits && (fault === 'the server does not look when a cookie ends' || !over(cookie.end, world, flight.at, fault))
  return counts ? 'bound' : 'lapsed'
}

const flying = (world: World, name: string, more: Partial<Flight>): World => {
  const before = world.flights[name]
  return before ? { ...world, flights: { ...world.flights, [name]: { ...before, ...more } } } : world
}
const sent =
  (name: string, make: (world: World) => Flight | undefined): Step =>
  (world) => {
    const flight = make(world)
    return flight ? { ...world, flights: { ...world.flights, [name]: flight } } : world
  }
const served =
  (name: string, serve: (world: World, flight: Flight, fault: Fault) => World): Step =>
  (world, fault) => {
    const flight = world.flights[name]
    return flight && flight.answer === undefined ? serve(world, flight, fault) : world
  }
const received =
  (name: string, take: (world: World, flight: Flight, answer: string, fault: Fault) => World): Step =>
  (world, fault) => {
    const flight = world.flights[name]
    if (flight?.answer === undefined) return world
    const { [name]: _, ...flights } = world.flights
    return take({ ...world, flights }, flight, flight.answer, fault)
  }

/** The browser's cookie of this name, unless its Max-Age is over. */
const live = (cookie: Bound | undefined, now: number): Bound | undefined => (cookie && now <= cookie.end ? cookie : undefined)

const reads = (name: string): Step =>
  served(name, (world, flight, fault) => {
    if (world.down) return flying(world, name, { answer: 'down' })
    const named = flight.kind === 'refresh' ? flight.sid : flight.ticket
    return flying(world, name, { found: alive(world, named, fault) ?? alive(world, flight.ticket, fault) })
  })

export function register(name: string, at: Server, loses = false): Step[] {
  return [
    sent(name, ({ browser }) =>
      browser.offer && browser.ticket !== undefined
        ? { kind: 'register', at, ticket: browser.ticket, key: 'device', jti: browser.offer }
        : undefined,
    ),
    reads(name),
    served(name, (world, { found, jti, key = 'device' }, fault) => {
      const rec = world.records[found ?? -1]
      const asked = jti?.sid ?? -1
      const isOurs = rec && (rec.bound.sid === asked || fault === 'registers whatever the record says by now')
      if (!rec || found === undefined || !jti || !isOurs || over(jti.end, world, at, fault))
        return flying(world, name, { answer: 'refused' })
      if (rec.bound.key !== undefined && (rec.bound.key !== key || fault === 'refuses the same key a second time'))
        return flying(world, name, { answer: 'refused' })
      const next = rec.bound.key ? world : put(world, found, { ...rec, bound: { ...rec.bound, key } })
      return flying(next, name, { answer: 'registered', sid: found })
    }),
    ...(loses ? [served(name, (world) => world), received(name, (world) => world), ...register(`${name}!`, at)] : []),
    received(name, (world, { sid, jti }, answer) => {
      if (answer !== 'registered' || sid === undefined || !jti) return world
      const cookie = { sid: jti.sid, key: 'device', end: clock(world, at) - at + FIRST }
      const challenge = { end: world.now + MAX_AGE + 60, secret: world.secret, sid: jti.sid }
      const { device, offer } = world.browser
      // Of two device sessions of one site both stay, and the older one is of no use; whichever cookie came last is there.
      if (device && device.sid > jti.sid) return inBrowser(world, { cookie })
      return inBrowser(world, {
        device: { record: sid, sid: jti.sid },
        cookie,
        challenge,
        offer: offer?.sid === jti.sid ? undefined : offer,
      })
    }),
  ]
}

/** One round of a refresh, which the browser begins when its cookie is gone. */
function round(name: string, at: Server, isCrossSite: boolean): Step[] {
  return [
    sent(name, ({ browser, now }) =>
      browser.device && !live(browser.cookie, now)
        ? {
            kind: 'refresh',
            at,
            ticket: isCrossSite ? undefined : browser.ticket,
            sid: browser.device.record,
            device: browser.device.sid,
            key: 'device',
            jti: browser.challenge,
          }
        : undefined,
    ),
    reads(name),
    served(name, (world, { found, jti, ticket, device }, fault) => {
      if (world.down)
        return flying(world, name, { answer: fault === 'a store that is down ends the device session' ? 'ends' : 'down' })
      const rec = world.records[found ?? -1]
      const isOurs = rec && rec.bound.sid === device && rec.bound.key !== undefined
      if (!isOurs && fault === 'a refresh brings an ended session back' && found !== undefined)
        return flying(put(world, found, { owner: true, bound: { sid: jti?.sid ?? 0, key: 'device', confirmed: true } }), name, {
          answer: 'new',
        })
      // The browser has the ticket of another session by now.
      const own = stateAt(world, ticket)
      if (own && own.sid !== device) return flying(world, name, { answer: 'ends' })
      const isSure = !isCrossSite || fault === 'a refresh for another site that finds nothing ends the device session'
      if (found === undefined && !isSure) return flying(world, name, { answer: 'down' })
      if (!rec || found === undefined) {
        const isThird = (jti?.unknown ?? 0) === 2
        const endsNow = isThird || fault === 'an unknown session ends the device session at once'
        return flying(world, name, { answer: endsNow ? 'ends' : 'unknown' })
      }
      if (!isOurs) return flying(world, name, { answer: 'ends' })
      const isRefused = fault === 'a challenge of the secret before is refused for good' && jti && jti.secret !== world.secret
      if (isRefused) return flying(world, name, { answer: 'ends' })
      if (!jti || jti.sid !== rec.bound.sid || jti.secret < world.secret - 1 || over(jti.end, world, at, fault))
        return flying(world, name, { answer: 'challenge' })
      return flying(put(world, found, { ...rec, bound: { ...rec.bound, confirmed: true } }), name, { answer: 'new' })
    }),
    received(name, (world, { device: sid = 0 }, answer) => {
      const { device, challenge: before } = world.browser
      const isNewest = device?.sid === sid
      if (answer === 'ends') return inBrowser(world, { cookie: undefined, ...(isNewest && { device: undefined }) })
      const challenge = { end: world.now + MAX_AGE + 60, secret: world.secret, sid }
      const cookie = { sid, key: 'device', end: world.now + MAX_AGE }
      if (answer === 'new') return inBrowser(world, isNewest ? { cookie, challenge } : { cookie })
      if (!isNewest) return world
      if (answer === 'challenge') return inBrowser(world, { challenge })
      if (answer === 'unknown') return inBrowser(world, { challenge: { ...challenge, unknown: (before?.unknown ?? 0) + 1 } })
      return world
    }),
  ]
}
export const refresh = (name: string, at: Server, isCrossSite = false): Step[] =>
  ['', "'", "''"].flatMap((mark) => round(name + mark, at, isCrossSite))

/** A new id. `signIn`: for a person, under a fresh sid and without a key. */
export function move(name: string, signIn: boolean): Step[] {
  return [
    sent(name, ({ browser }) => ({ kind: 'move', at: 0, ticket: browser.ticket })),
    reads(name),
    served(name, (world, { found }, fault) => {
      const rec = world.records[found ?? -1]
      if (!rec || found === undefined || rec.to !== undefined) return flying(world, name, { answer: 'refused' })
      const keeps = signIn ? fault === 'a sign-in keeps the key' : fault !== 'a new id drops the key'
      const bound = keeps
        ? signIn
          ? { ...rec.bound, confirmed: false }
          : rec.bound
        : { sid: signIn ? world.nextSid : rec.bound.sid }
      const next = put(put(world, found, { ...rec, to: world.nextKey }), world.nextKey, { bound, owner: rec.owner || signIn })
      return {
        ...flying(next, name, { answer: 'moved', sid: world.nextKey }),
        nextKey: world.nextKey + 1,
        nextSid: world.nextSid + 1,
      }
    }),
    received(name, (world, { sid }, answer) => {
      if (answer !== 'moved') return world
      const bound = stateAt(world, sid)
      const offer = signIn && bound ? { end: world.now + 60, secret: world.secret, sid: bound.sid } : world.browser.offer
      return inBrowser(world, { ticket: sid, offer })
    }),
  ]
}

export const page = (name: string, at: Server): Step[] => [
  sent(name, ({ browser, now }) => ({ kind: 'page', at, ticket: browser.ticket, cookie: live(browser.cookie, now) })),
  served(name, (world, flight, fault) => flying(world, name, { answer: judged(world, flight, fault) })),
  received(name, (world, { cookie, ticket }, answer, fault) => {
    const { bound: state } = world.records[ticket ?? -1] ?? {}
    const isGood = cookie !== undefined && cookie.sid === state?.sid && cookie.key === state.key
    if (answer === 'lapsed' && isGood && live(cookie, world.now)) return broken(world, 'a page whose cookie is good is refused')
    const clears = answer === 'lapsed' && cookie && fault !== 'leaves a refused cookie in the browser'
    return clears && world.browser.cookie === cookie ? inBrowser(world, { cookie: undefined }) : world
  }),
]
export const ends: Step[] = [
  (world) => ({ ...world, ended: true, records: {} }),
  (world) => inBrowser(world, { ticket: undefined, cookie: undefined }),
]
export const endsElsewhere: Step[] = [(world) => ({ ...world, ended: true, records: {} })]
/** Forwarding records go once no request of the browser that holds their ticket is on its way. */
export const prunes: Step[] = [
  (world) => ({
    ...world,
    records: Object.fromEntries(
      Object.entries(world.records).filter(([key, { to }]) => to === undefined || Number(key) === world.browser.ticket),
    ),
  }),
]
/** Who planted a guest's ticket registers a key of their own for it. */
export const plants = (name: string): Step[] => [
  sent(name, () => ({ kind: 'register', at: 0, ticket: 1, key: 'planted', jti: { end: 1060, secret: 1, sid: 1 } })),
  ...register(name, 0).slice(1, 3),
  received(name, (world) => world),
]
export const rotates: Step[] = [(world) => ({ ...world, secret: world.secret + 1 })]
export const goesDown: Step[] = [(world) => ({ ...world, down: true }), (world) => ({ ...world, down: false })]
export const passes = (seconds: number): Step[] => [(world) => ({ ...world, now: world.now + seconds })]
/** Somebody copies all cookies. */
export const copies: Step[] = [
  ({ ...world }) => ({ ...world, copied: { ticket: world.browser.ticket, cookie: live(world.browser.cookie, world.now) } }),
]

/** A guest's session in the browser; `planted`: another device has registered its key for it already. */
export function guest(planted: boolean): World {
  const bound: State = planted ? { sid: 1, key: 'planted', confirmed: true } : { sid: 1 }
  const cookie: Bound | undefined = planted ? { sid: 1, key: 'planted', end: 10_000 } : undefined
  return {
    ...{ now: 1000, records: { 1: { bound, owner: false } }, nextKey: 2, nextSid: 2, secret: 1, down: false, ended: false },
    ...{ browser: { ticket: 1, cookie }, copied: { ticket: undefined, cookie }, flights: {} },
  }
}
/** A person's session, bound and refreshed once. */
export function bound(): World {
  const sid = 1
  const device = { record: 1, sid }
  return {
    ...guest(false),
    records: { 1: { owner: true, bound: { sid, key: 'device', confirmed: true } } },
    browser: { ticket: 1, cookie: { sid, key: 'device', end: 1300 }, device, challenge: { end: 1360, secret: 1, sid } },
  }
}
/** A person who has just signed in. */
export function offered(): World {
  const world = guest(false)
  return {
    ...world,
    records: { 1: { owner: true, bound: { sid: 1 } } },
    browser: { ticket: 1, offer: { end: 1060, secret: 1, sid: 1 } },
  }
}

/** What must hold once everybody is done: `settle` lets the browser do what browsers do, and the copy is presented long after. */
function verdict(world: World, fault: Fault): string | undefined {
  if (world.broken) return world.broken
  for (const rec of Object.values(world.records))
    if (rec.owner && rec.bound.key === 'planted') return 'a planted key counts for a person'
  const run = (from: World, steps: readonly Step[]) => steps.reduce((at, step) => step(at, fault), from)
  // Twice: a page whose cookie is refused clears it, and the next one is preceded by a refresh.
  const settled = run(run(world, [...refresh('s', 0), ...page('p', 60)]), [...refresh('t', 60), ...page('q', 60)])
  const { ticket, cookie } = settled.browser
  const stands = judged(settled, { ticket, cookie: live(cookie, settled.now), at: 0 }, fault)
  if (!world.ended && stands === 'lapsed') return 'the browser that has the key is locked out'
  if (!world.ended && stands === 'gone') return 'the session is gone'
  if (world.ended && Object.keys(settled.records).length > 0) return 'an ended session is back'
  const rec = settled.records[ticket ?? -1]
  const hasKey = rec?.bound.key === 'device'
  if (hasKey !== (rec !== undefined && settled.browser.device?.sid === rec.bound.sid))
    return 'one side has a key and the other has not'
  const later = { ...settled, now: settled.now + MAX_AGE + GRACE + 61 }
  const stolen = judged(later, { ...world.copied, at: 0 }, fault)
  const copy = world.records[world.copied.ticket ?? -1]
  if (copy?.owner && copy.bound.confirmed && stolen === 'bound') return 'copied cookies count after their end'
  return undefined
}

export interface Story {
  readonly name: string
  readonly from: () => World
  readonly actors: readonly (readonly Step[])[]
}

const bad = (world: World, why: string, is: boolean): World => (is ? broken(world, why) : world)
/** A page that must not find the session lapsed: the browser has just signed in. It waits for a refresh, as browsers do, once there is a device session. */
const firstPage = (name: string): Step[] => {
  const [sends, serves, takes] = page(name, 0) as [Step, Step, Step]
  const looks: Step = (world) =>
    bad(world, 'the first page after the sign-in is refused', world.flights[name]?.answer === 'lapsed')
  const waits = ({ browser, now }: World) => browser.device !== undefined && !live(browser.cookie, now)
  return [(world, fault) => (waits(world) ? world : takes(looks(serves(sends(world, fault), fault), fault), fault))]
}

/** Another session of the same browser: its cookie must not count for this one. */
const swaps: Step[] = [
  (world) => ({ ...world, copied: { ticket: world.browser.ticket, cookie: { sid: 99, key: 'thief', end: 100_000 } } }),
]

export const STORIES: readonly Story[] = [
  {
    name: 'a guest signs in while a planted key is there, and somebody registers',
    from: () => guest(true),
    actors: [move('in', true), register('r', 0), copies],
  },
  { name: 'a registration beside a sign-in', from: offered, actors: [register('r', 0), move('in', true), register('r2', 60)] },
  {
    name: 'a registration beside a new id, with a lost answer',
    from: offered,
    actors: [register('r', 60, true), move('up', false)],
  },
  {
    name: 'the first pages after a registration',
    from: offered,
    actors: [register('r', 0), firstPage('a'), firstPage('b'), passes(11), refresh('f', 60)],
  },
  {
    name: 'two tabs refresh beside a new id',
    from: bound,
    actors: [[...passes(301), ...refresh('f', 0)], refresh('g', 60), move('up', false)],
  },
  { name: 'a refresh beside a sign-out', from: bound, actors: [[...passes(301), ...refresh('f', 0)], ends] },
  {
    name: 'a refresh beside an end from elsewhere',
    from: bound,
    actors: [[...passes(301), ...refresh('f', 60)], endsElsewhere, page('p', 0)],
  },
  {
    name: 'a key is planted beside a sign-in',
    from: () => guest(false),
    actors: [plants('p'), [...move('in', true), ...register('r', 0)]],
  },
  {
    name: 'a refresh for another site, without the ticket',
    from: bound,
    actors: [[...passes(301), ...refresh('f', 0, true)], move('up', false)],
  },
  {
    name: 'a refresh whose record has gone since',
    from: bound,
    actors: [
      [...passes(301), ...refresh('f', 0)],
      [...move('up', false), ...prunes],
    ],
  },
  {
    name: 'a refresh for another site, whose record has gone since',
    from: bound,
    actors: [
      [...passes(301), ...refresh('f', 0, true)],
      [...move('up', false), ...prunes],
    ],
  },
  {
    name: 'a refresh beside a sign-in, and a registration',
    from: bound,
    actors: [
      [...passes(301), ...refresh('f', 60)],
      [...move('in', true), ...register('r', 0)],
    ],
  },
  {
    name: 'a refresh beside two new ids',
    from: bound,
    actors: [[...passes(301), ...refresh('f', 0)], move('up', false), move('up2', false)],
  },
  {
    name: 'secrets rotate between challenge and proof',
    from: bound,
    actors: [[...passes(301), ...refresh('f', 0)], rotates, page('p', 60)],
  },
  {
    name: 'the store is down in a refresh',
    from: bound,
    actors: [[...passes(301), ...refresh('f', 0)], goesDown, refresh('g', 60)],
  },
  { name: 'cookies are copied', from: bound, actors: [copies, [...passes(290), ...refresh('f', 60)], page('p', 60)] },
  { name: 'a cookie of another session beside a copied ticket', from: bound, actors: [swaps, page('p', 0), passes(100)] },
  {
    name: 'a server whose clock is ahead judges a cookie',
    from: bound,
    actors: [passes(270), page('p', 60), page('q', 0), passes(100), refresh('f', 60)],
  },
  {
    name: 'a challenge from a server whose clock is behind',
    from: offered,
    actors: [[...passes(30), ...register('r', 60)], page('p', 0)],
  },
  {
    name: 'a refused cookie that the browser would hold',
    from: () => ({ ...bound(), browser: { ...bound().browser, cookie: { sid: 7, key: 'device', end: 2000 } } }),
    actors: [page('p', 0), page('q', 60)],
  },
]

export interface Searched {
  readonly states: number
  readonly ends: number
  readonly wrong: readonly string[]
}

/** Every order of the actors' steps; what follows one state is searched once. */
export function search({ from, actors }: Story, fault: Fault): Searched {
  const seen = new Set<string>()
  const wrong = new Set<string>()
  let ends = 0
  const visit = (world: World, at: readonly number[]): void => {
    const name = `${at} ${JSON.stringify(world)}`
    if (seen.has(name)) return
    seen.add(name)
    let isOver = true
    for (const [which, steps] of actors.entries()) {
      const step = steps[at[which] ?? 0]
      if (!step) continue
      isOver = false
      visit(step(world, fault), at.with(which, (at[which] ?? 0) + 1))
    }
    if (!isOver) return
    ends++
    const why = verdict(world, fault)
    if (why) wrong.add(why)
  }
  visit(
    from(),
    actors.map(() => 0),
  )
  return { states: seen.size, ends, wrong: [...wrong] }
}
