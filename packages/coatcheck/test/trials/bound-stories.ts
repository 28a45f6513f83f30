import type { Exploration } from '../../src/testing/interleave.ts'
import { createJar, type Jar } from '../../src/testing/jar.ts'
import { judged } from './bound-oracle.ts'
import {
  type BoundEngine,
  BoundWorld,
  type Failure,
  FIRST,
  type Kind,
  MAX_AGE,
  type Seen,
  type Stage,
  TICKET,
} from './bound-world.ts'

/**
 * What may happen at once to one session of ada. In her browser: F loads a page, J one that another site asks for, W writes, M asks for a new id, E
 * elevates, S signs in again, B signs bob in, I acts as carl, O signs out, R registers. Elsewhere: D sends once more what the browser sent
 * last to register or refresh, Q removes what expired, H ends the session by its handle, X all of ada's. A thief copies all her cookies: C looks, T only with the ticket, V asks for a new id, A registers a key, Y looks
 * with a key that was registered before. Z lets time pass until the device's cookie is over, N gives all processes the secrets of the next stage. What
 * stands behind a `|` begins when all before it is done.
 */
export type Letter =
  | 'F'
  | 'J'
  | 'W'
  | 'M'
  | 'E'
  | 'S'
  | 'B'
  | 'I'
  | 'O'
  | 'R'
  | 'D'
  | 'Q'
  | 'H'
  | 'X'
  | 'C'
  | 'T'
  | 'V'
  | 'A'
  | 'Y'
  | 'Z'
  | 'N'

/**
 * Where it begins. `planted`: ada's browser has a ticket of eve; `keyed`: whose key is registered. `offered`: ada has signed in; `taken`: and
 * a thief has registered; `pending`: her browser has
 * registered; `first`: its first cookie is over; `bound`: it has refreshed; `over`: and has to do so again.
 */
export type Start = 'guest' | 'planted' | 'keyed' | 'offered' | 'taken' | 'pending' | 'first' | 'bound' | 'over'

export interface BoundStory {
  readonly kind: Kind
  readonly start: Start
  readonly letters: string
  /** Seconds that pass, one step each. */
  readonly passes?: readonly number[]
  /** The process of the actor at this place dies. */
  readonly dies?: number
  /** What becomes of the next call of a store, one step each. */
  readonly fails?: readonly Failure[]
  /** The processes begin anew with the secrets of these stages, one half of them after the other. */
  readonly rotates?: readonly Stage[]
  /** Q removes the record as well that leads on after a new id. */
  readonly isForgotten?: boolean
  /** Seconds. */
  readonly idle?: number
  readonly absolute?: number
  readonly engine?: BoundEngine
}

/** What an actor has to say when it is done. */
export interface Came {
  readonly status: number | 'lost'
  readonly seen?: Seen | undefined
  /** A refresh had been answered when it began. */
  readonly wasConfirmed: boolean
}

const PATHS: Partial<Record<string, string>> = {
  F: '/',
  J: '/',
  M: '/id',
  E: '/up',
  S: '/in?ada',
  B: '/in?bob',
  I: '/as?carl',
  O: '/out',
}

export interface Played {
  readonly world: BoundWorld
  readonly story: BoundStory
  /** What the first session was called. */
  readonly handle: string
}

export function boundTrial(story: BoundStory): Exploration<Played> {
  const { letters, passes = [], dies, fails = [], rotates = [] } = story
  const groups = letters.split('|')
  const names = Array.from(groups.join(''), (letter, at) => `${letter}${at + 1}`)
  const groupOf = names.map((_, at) => groups.findIndex((_, nth) => at < groups.slice(0, nth + 1).join('').length))
  const acts: Record<string, (played: Played) => Promise<unknown>> = Object.fromEntries(
    names.map((name, at) => [
      name,
      async (played: Played) => {
        const before = names.filter((_, other) => (groupOf[other] ?? 0) < (groupOf[at] ?? 0))
        await Promise.all(before.map((other) => played.world.ends(other).promise))
        const came = await played.world.as(name, () => act(played, name))
        played.world.ends(name).resolve()
        return came
      },
    ]),
  )
  const steps = (name: string, all: readonly ((world: BoundWorld) => void)[]): void => {
    if (all.length === 0) return
    acts[name] = ({ world }) =>
      world.as(name, async () => {
        for (const each of all) await world.step('happens', () => each(world))
      })
  }
  steps(
    'time',
    passes.map((seconds) => (world) => world.pass(seconds)),
  )
  if (dies !== undefined) steps('death', [(world) => world.kill(names[dies] ?? '')])
  steps(
    'failure',
    fails.map((how) => (world) => void world.fails.push(how)),
  )
  steps(
    'rotation',
    rotates.flatMap((stage) => [false, true].map((isOdd) => (world: BoundWorld) => world.rotate(isOdd, stage))),
  )
  return {
    actors: acts,
    async setup(turns) {
      const world = new BoundWorld(turns, story)
      const handle = await world.as('begin', () => begin(world, story.start))
      return { world, story, handle }
    },
    check: (played, { results }) => judged(played, results as Record<string, Came | undefined>),
  }
}

/** Goes to where the story begins, and tells the handle of the session. */
async function begin(world: BoundWorld, start: Start): Promise<string> {
  const { ada } = world
  if (start === 'guest') await ada.get('/set?guest')
  else if (start === 'planted' || start === 'keyed') await plant(world, start === 'keyed')
  else (await ada.begin('/in?ada')).arrive()
  if (start === 'taken') {
    await register(world, world.jar.copy(), world.offer ?? '')
    world.time += FIRST + 1
  }
  if (['pending', 'first', 'bound', 'over'].includes(start)) await ada.settle()
  if (['first', 'bound', 'over'].includes(start)) world.time += FIRST + 1
  if (['bound', 'over'].includes(start)) await ada.get('/set?first')
  if (start === 'over') world.time += MAX_AGE + 1
  const { sessions } = world.site('begin')
  const listed = start === 'guest' ? [] : (await sessions.list('ada').catch(() => ({ sessions: [] }))).sessions
  return listed[0]?.handle ?? ''
}

/** Somebody registers a key for the ticket in these cookies. */
async function register(world: BoundWorld, jar: Jar, offer: string): Promise<void> {
  const thief = world.thiefWithKeys(jar, offer)
  world.thieves.push({ thief, of: world.ticketIn(jar) })
  await thief.get('/offer')
}

/** Eve signs in, and her ticket comes into the browser of ada. */
async function plant(world: BoundWorld, isKeyed: boolean): Promise<void> {
  const jar = createJar({ now: world.now })
  const eve = world.thiefWithKeys(jar, '')
  const begun = await eve.begin('/in?eve')
  begun.arrive()
  world.offer = begun.response.headers.get('secure-session-registration') ?? undefined
  if (isKeyed) {
    await eve.settle()
    world.time += FIRST + 1
    await eve.get('/')
    world.thieves.push({ thief: eve, of: world.ticketIn(jar) })
  }
  world.ada.plant(`${TICKET}=${world.ticketIn(jar)}; Path=/; Secure; HttpOnly`)
}

async function act({ world, handle, story }: Played, name: string): Promise<Came | undefined> {
  const letter = name[0] as Letter
  await world.step('begins')
  const { ada } = world
  const wasConfirmed = world.isConfirmed
  const came = async (answer: Promise<{ status: number; json(): Promise<unknown> }>): Promise<Came> => {
    try {
      const { status, ...response } = await answer.then(async (got) => ({ status: got.status, seen: await seenIn(got) }))
      return { status, ...response, wasConfirmed }
    } catch {
      return { status: 'lost', wasConfirmed }
    }
  }
  const done = async (work: () => Promise<unknown>): Promise<Came> => {
    try {
      await Promise.race([work(), world.death(name)])
      return { status: 200, wasConfirmed }
    } catch {
      return { status: 'lost', wasConfirmed }
    }
  }
  const copy = world.jar.copy()
  switch (letter) {
    case 'R':
      await ada.settle()
      return undefined
    case 'D': {
      const { own } = world
      return own && done(() => world.again(own))
    }
    case 'H':
      return done(() => world.site(name).sessions.end(handle))
    case 'Q':
      return done(async () => {
        await world.site(name).sessions.prune()
        if (story.isForgotten) await world.forget(handle)
      })
    case 'X':
      return done(() => world.site(name).sessions.endAll('ada'))
    case 'C':
    case 'V': {
      await world.step('uses the copy')
      return came(world.thief(copy).get(letter === 'V' ? '/id' : '/'))
    }
    case 'T': {
      await world.step('uses the copy')
      return came(world.thief(createJar()).get('/', { headers: { cookie: `${TICKET}=${world.ticketIn(copy)}` } }))
    }
    case 'A': {
      const { offer } = world
      if (offer === undefined) return undefined
      await world.step('uses the copy')
      return done(() => register(world, copy, offer))
    }
    case 'Y': {
      const { thief } = world.thieves[0] ?? {}
      return thief && done(() => thief.get('/'))
    }
    case 'Z':
      world.pass(MAX_AGE + 1)
      return undefined
    case 'N':
      world.rotateAll()
      return undefined
    default:
      return came(ada.get(letter === 'W' ? `/set?${name}` : (PATHS[letter] ?? '/')))
  }
}

async function seenIn(answer: { readonly status: number; json(): Promise<unknown> }): Promise<Seen | undefined> {
  return answer.status === 200 ? ((await answer.json()) as Seen) : undefined
}
