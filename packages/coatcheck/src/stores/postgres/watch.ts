import { randomText } from '../../crypto/random.ts'
import type { Listener, Listening, Store } from '../store.ts'
import type { PostgresClient, Query } from './client.ts'

/** The channel on which the keys of sessions are told that ended. */
export const ENDED = 'coatcheck_ended'

/** How long a notice to oneself may take before the channel counts as one that does not work, in milliseconds. */
const LONGEST = 2000

/** Listens to channels. What it opened is closed by `end`. */
type Open = (told: (channel: string, text: string) => void, lost: () => void, channels: readonly string[]) => Promise<End>
type End = () => unknown

/** The part of a `Pool` of `pg` from which it makes its own clients. */
interface PgMaker {
  readonly Client: new (options: unknown) => PgSubscriber
  readonly options: unknown
}

interface PgSubscriber {
  connect(): Promise<unknown>
  query(text: string): Promise<unknown>
  end(): Promise<unknown>
  unref?(): void
  on(event: 'notification', told: (notice: { readonly channel: string; readonly payload?: string }) => void): unknown
  on(event: 'error' | 'end', lost: () => void): unknown
}

/** The part of `postgres(…)` and of PGlite. */
interface ByCall {
  listen(channel: string, told: (text: string) => void, listening?: () => void): Promise<End | { readonly unlisten: End }>
}

/** `watch` over LISTEN. undefined: this client cannot. */
export function watching(client: PostgresClient, query: Query): Store['watch'] {
  const open = opener(client)
  return open && ((listener) => watch(open, query, listener))
}

function opener(client: PostgresClient): Open | undefined {
  const { Client, options, listen } = client as Partial<PgMaker & ByCall>
  if (typeof Client === 'function') return (...given) => ownClient({ Client, options }, ...given)
  if (typeof listen === 'function') return (...given) => byCall(client as PostgresClient & ByCall, ...given)
  return undefined
}

/** A client beside the pool: one that was taken from it would have to be given back before the pool can be closed. */
async function ownClient({ Client, options }: PgMaker, ...[told, lost, channels]: Parameters<Open>): Promise<End> {
  const own = new Client(options)
  own.on('error', lost)
  own.on('end', lost)
  own.on('notification', ({ channel, payload = '' }) => told(channel, payload))
  const end = () => own.end()
  try {
    await own.connect()
    own.unref?.()
    for (const channel of channels) await own.query(`LISTEN "${channel}"`)
  } catch (error) {
    void end().catch(() => {})
    throw error
  }
  return end
}

/** These listen again by themselves after a connection was lost, and say that they do. */
async function byCall(client: ByCall, ...[told, lost, channels]: Parameters<Open>): Promise<End> {
  const ends: End[] = []
  for (const channel of channels) {
    let times = 0
    const listening = () => {
      if (++times > 1) lost()
    }
    const hears = (text: string) => told(channel, text)
    // A third argument is a transaction to PGlite, which has no connection to lose.
    const opened = await ('unsafe' in client ? client.listen(channel, hears, listening) : client.listen(channel, hears))
    ends.push(typeof opened === 'function' ? opened : opened.unlisten)
  }
  return () => Promise.all(ends.map((end) => end()))
}

/** Each ping is a notice to a channel of one's own: behind a pooler of connections LISTEN is answered, and nothing is heard. */
async function watch(open: Open, query: Query, listener: Listener): Promise<Listening> {
  // Some clients fold the names of channels, and some do not quote them.
  const own = `coatcheck_${randomText(12)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')}`
  let [isOpen, isOver] = [false, false]
  let heard: () => void = () => {}
  const lost = (): void => {
    if (isOpen && !isOver) listener.lost()
    isOver = true
  }
  const told = (channel: string, text: string): void => {
    if (channel === own) heard()
    else if (!isOver) listener.told(text)
  }
  const end = await open(told, lost, [ENDED, own])
  const stop = async (): Promise<void> => {
    isOver = true
    await end()
  }
  const ping = async (): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    heard = resolve
    const timer = setTimeout(() => reject(new Error('PostgreSQL does not pass notices on to this connection.')), LONGEST)
    try {
      await query('SELECT pg_notify($1, $2)', [own, ''])
      await promise
    } finally {
      clearTimeout(timer)
    }
  }
  try {
    await ping()
    if (isOver) throw new Error('The connection was lost at once.')
  } catch (error) {
    void stop().catch(() => {})
    throw error
  }
  isOpen = true
  return { ping, stop }
}
