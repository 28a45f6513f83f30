import { type CheckedSecret, type Core, callStore, type Engine, keysAt, type Secrets } from '../core/inspecting.ts'
import { createKeyring } from '../crypto/keyring.ts'

/** A secret as it may be shown. Times in milliseconds since the epoch; undefined: nobody said. */
export interface KeyInUse {
  /** What each ticket of it begins with, and so nothing that is secret. */
  readonly handle: string
  readonly use: 'write' | 'read' | 'renew' | 'refuse'
  readonly from: number | undefined
  readonly until: number | undefined
}

/** The secrets of these sessions, in the order of the option. A source is read again for it. */
export async function keysInUse({ transport, engine, persistence }: Core): Promise<readonly KeyInUse[]> {
  const list = await listOf(transport.places.settings.secrets, engine)
  const { keys } = keysAt(list, engine.now())
  return Promise.all(
    keys.map(async ({ secret, use }, at) => {
      const { from = 0, until = 0 } = list[at] ?? {}
      const keyring = createKeyring([secret])
      const ticket = await (persistence.kind === 'stored' ? keyring.sign('ticket', [], NOTHING) : keyring.seal('session', [], ''))
      return { handle: ticket.slice(0, HEAD), use, from: finite(from), until: finite(until) }
    }),
  )
}

/** Characters of a ticket that tell its version and its secret, and nothing of what follows. */
const HEAD = 6
const NOTHING = new Uint8Array()

const finite = (time: number): number | undefined => (Number.isFinite(time) ? time : undefined)

async function listOf(secrets: Secrets | undefined, engine: Engine): Promise<readonly CheckedSecret[]> {
  if (!secrets) return []
  if ('list' in secrets) return secrets.list
  if ('source' in secrets) return secrets.check(await callStore(engine, 'read the secrets', async () => secrets.source.read()))
  return (typeof secrets === 'function' ? secrets() : secrets).map(plain)
}

const plain = (secret: string): CheckedSecret => ({
  secret,
  state: 'active',
  from: Number.NEGATIVE_INFINITY,
  until: Number.POSITIVE_INFINITY,
})
