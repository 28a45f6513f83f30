import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import { ENGINES, type SharedEngine } from '../helpers/shared-engines.ts'
import { drawing } from './drawing.ts'

const CHILD = join(import.meta.dirname, '../children/sign-ins.ts')
/** So many owners at once. */
const AT_ONCE = 8
/** The first ends begin up to so many milliseconds after the sign-in, which makes more calls. */
const SPREAD = 30

export interface Rounds {
  /** Signed in although the password that was checked had been changed, and all sessions ended: alive after the end was acknowledged. */
  readonly survivors: number
  /** The sign-in was done first, and was ended. */
  readonly ended: number
  /** It was under way, and nobody is signed in. */
  readonly conflicts: number
  /** The new password was asked for. */
  readonly refused: number
}

/**
 * Two processes on one store: another one signs an owner in, this one changes the password and ends all sessions, at about the same time.
 * `time`: sign-ins go by the clock instead of marks, and the other process's clock is 60 seconds ahead.
 */
export async function rounds(
  engine: SharedEngine,
  url: string,
  mode: 'marks' | 'time',
  count: number,
  seed = 1,
): Promise<Rounds> {
  const { store, close } = await ENGINES[engine].open(url)
  await store.migrate?.()
  const draw = drawing(seed)
  const sessions = sessionsOf({ store, header: 'x-ticket', cookie: false })
  const adapter = adapterOf(sessions)
  const child = fork(CHILD, [engine, url, mode], { execPath: process.execPath })
  const came = answers(child)
  await came('')
  const found = { survivors: 0, ended: 0, conflicts: 0, refused: 0 }
  // How long a sign-in takes depends on the engine and the machine: ends that come too late come earlier, and the other way round.
  let spread = SPREAD

  async function round(number: number): Promise<void> {
    const owner = `u${seed}-${mode}-${number}`
    const answer = came(owner)
    child.send({ owner })
    await setTimeout(draw(Math.ceil(spread)))
    const endsAt = Date.now() + 600_000
    await store.create(`${owner}-password`, { data: '{}', createdAt: 1, endsAt, expiresAt: endsAt })
    await sessions.endAll(owner)
    const said = await answer
    if (said === 'refused') {
      found.refused++
      spread = Math.min(10 * SPREAD, spread * 1.1)
    } else if (said === 'conflict') found.conflicts++
    else if (!said.startsWith('ticket ')) throw new Error(said)
    else {
      const request = adapter.detached({ get: (name) => (name === 'x-ticket' ? said.slice('ticket '.length) : null) })
      if ((await request.open()).owner === owner) found.survivors++
      else {
        found.ended++
        spread = Math.max(2, spread / 1.1)
      }
    }
  }

  try {
    let next = 0
    const work = async () => {
      while (next < count) await round(next++)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    child.send({ owner: '' })
    await once(child, 'exit')
    return found
  } finally {
    child.kill()
    await close()
  }
}

/** What the child says of each owner. */
function answers(child: ChildProcess): (owner: string) => Promise<string> {
  const waiting = new Map<string, PromiseWithResolvers<string>>()
  const at = (owner: string) => {
    const known = waiting.get(owner) ?? Promise.withResolvers<string>()
    waiting.set(owner, known)
    return known
  }
  child.on('message', ({ owner, came }: { readonly owner: string; readonly came: string }) => at(owner).resolve(came))
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`The other process ended with ${code}.`))
  })
  return (owner) => at(owner).promise
}
