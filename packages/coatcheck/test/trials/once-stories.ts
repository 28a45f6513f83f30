import type { Session } from '../../src/core/session/types.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { gate } from '../helpers/gate.ts'
import { type Passing, passing } from '../helpers/passing.ts'
import { Provider, type Tokens } from '../helpers/provider.ts'
import type { Engine } from '../helpers/scenarios.ts'

// Stories of `once` in which time decides, for engines with a fault: each tells what is wrong, or nothing.

interface Told {
  readonly time: Passing
  /** The session of a new request that a process serves; the first process may be one whose timers never fire. */
  open(process: 'here' | 'there' | 'held up'): Promise<Session>
}

async function begin({ sessionsOf, adapterOf }: Engine): Promise<Told> {
  const time = passing()
  const store = memoryStore()
  const make = (sleep: Passing['sleep']) => {
    const options = { store, header: 'x-ticket', cookie: false, now: time.now } as const
    return adapterOf(sessionsOf<Record<string, unknown>, object>(options, { sleep, storeTimeout: Number.POSITIVE_INFINITY }))
  }
  const adapters = { here: make(time.sleep), there: make(time.sleep), 'held up': make(() => new Promise<never>(() => {})) }
  const first = adapters.here.detached({ get: () => null })
  const session = await first.open()
  session.signIn('ada')
  session.set('tokens', new Provider().newest)
  const { ticket = '' } = await first.commit()
  const presented = { get: (name: string) => (name === 'x-ticket' ? ticket : null) }
  const open: Told['open'] = async (process) => (await adapters[process].detached(presented).open()) as unknown as Session
  await (await open('here')).once('warm', () => 1, { for: 1 })
  return { time, open }
}

const refresh = (session: Session, provider: Provider, seconds: number, pause: () => Promise<unknown> = async () => {}) =>
  session.once(
    'tokens',
    async (current) => {
      const tokens = provider.refresh((current as Tokens).refresh)
      await pause()
      return tokens
    },
    { for: seconds },
  )

const told = (came: unknown, due: unknown): string | undefined =>
  JSON.stringify(came) === JSON.stringify(due) ? undefined : `it came to ${JSON.stringify(came)}`

/** Work that takes longer than a lease that nobody renews. */
export async function longWork(engine: Engine): Promise<string | undefined> {
  const { time, open } = await begin(engine)
  const provider = new Provider()
  const sessions = [await open('here'), await open('there')]
  await time.until(Promise.allSettled(sessions.map((each) => refresh(each, provider, 300, () => time.sleep(20_000)))))
  return told(provider.came, ['refresh-0'])
}

/** A request that read the session long before it asks. */
export async function straggler(engine: Engine): Promise<string | undefined> {
  const { time, open } = await begin(engine)
  const provider = new Provider()
  const late = await open('there')
  await time.until(refresh(await open('here'), provider, 60))
  await time.pass(61_000)
  await time.until(Promise.allSettled([refresh(late, provider, 60)]))
  return told(provider.came, ['refresh-0', 'refresh-1'])
}

/** One that was taken for dead and has the only tokens that are good: the one that took over gets an error. */
export async function heldUp(engine: Engine): Promise<string | undefined> {
  const { time, open } = await begin(engine)
  const provider = new Provider()
  const [wakes, asks] = [gate(), gate()]
  const late = refresh(await open('held up'), provider, 300, () => wakes.pass())
  await wakes.reached
  const other = await open('here')
  const taker = other.once('tokens', () => asks.pass().then(() => Promise.reject(new Error('no'))), { for: 300 })
  taker.catch(() => {})
  await time.until(asks.reached)
  wakes.open()
  await time.until(Promise.allSettled([late]))
  asks.open()
  await time.until(Promise.allSettled([taker]))
  return told((await open('there')).get('tokens'), provider.newest)
}

/** One that was taken for dead and comes with what has been used since. */
export async function heldUpForLonger(engine: Engine): Promise<string | undefined> {
  const { time, open } = await begin(engine)
  const provider = new Provider()
  const wakes = gate()
  const held = await open('held up')
  const late = held.once('tokens', () => wakes.pass().then(() => ({ access: 'used', refresh: 'used' })), { for: 300 })
  await wakes.reached
  await time.until(refresh(await open('here'), provider, 300))
  wakes.open()
  const came = await time.until(Promise.allSettled([late]))
  return told([came[0], (await open('there')).get('tokens')], [{ status: 'fulfilled', value: provider.newest }, provider.newest])
}
