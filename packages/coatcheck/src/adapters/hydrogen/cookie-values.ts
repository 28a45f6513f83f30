import { type AdapterSessions, headersOf } from '../../core/adapter.ts'
import type { Maybe } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import { hydrogenCookie } from '../../migrate/hydrogen.ts'
import type { Values } from './config.ts'

const PURPOSE = 'hydrogen-cookie'

/** The contents of a cookie of `core` with `data` until `endsAt` (milliseconds since the epoch). */
export function sealed({ engine }: AdapterSessions['core'], data: Values, endsAt: number): string {
  return atOnce(engine.keyring?.seal(PURPOSE, [engine.binding], JSON.stringify([data, endsAt])) ?? '')
}

/** The contents of the genuine cookie in this header. Of several with different contents nobody can tell which is the visitor's own. */
export function opened({ engine, transport, migrateFrom }: AdapterSessions['core'], header: string): Values | undefined {
  const incoming = transport.incoming(headersOf(header))
  const { groups, refused } = incoming.read
  const values = groups.flatMap((group) => group.values)
  const found = new Map<string, Values>()
  if (refused) engine.emit({ type: 'refused', reason: refused })
  for (const value of values) {
    const ours = atOnce(engine.keyring?.open(PURPOSE, [engine.binding], value) ?? 'malformed')
    const [data, endsAt] = typeof ours === 'string' ? [] : JSON.parse(ours.text)
    if (endsAt > engine.now()) found.set(JSON.stringify(data), data)
    else engine.emit({ type: 'refused', reason: typeof ours === 'string' ? ours : 'absolute-expired' })
  }
  if (found.size > 1) engine.emit({ type: 'refused', reason: 'duplicate' })
  if (found.size > 0) return found.size > 1 ? undefined : [...found.values()][0]
  return engine.now() < engine.adoptsUntil ? adopted({ engine, migrateFrom }, incoming, values) : undefined
}

/** The contents of another library's cookie; an unsigned id is never taken over. */
function adopted(
  { engine, migrateFrom }: Pick<AdapterSessions['core'], 'engine' | 'migrateFrom'>,
  { request, named }: ReturnType<AdapterSessions['core']['transport']['incoming']>,
  ours: readonly string[],
): Values | undefined {
  for (const { cookieName, read, accepts = () => true } of migrateFrom) {
    const found = new Map<string, Values>()
    for (const value of cookieName === undefined ? ours : named(cookieName).values) {
      const old = atOnce(read(value, request(engine.now())))
      if (!old || (old.expiresAt ?? Number.POSITIVE_INFINITY) <= engine.now() || !accepts(old.values)) continue
      const { sid: _, ...rest } = old.values
      found.set(JSON.stringify(rest), rest)
    }
    if (found.size > 1) engine.emit({ type: 'refused', reason: 'duplicate' })
    if (found.size > 0) return found.size > 1 ? undefined : [...found.values()][0]
  }
  return undefined
}

/** The contents of Hydrogen's own cookie; as there, the last of several wins. */
export function openedUpstream({ engine, transport }: AdapterSessions['core'], header: string): Values | undefined {
  const { read, request } = transport.incoming(headersOf(header))
  const all = read.groups
    .flatMap((group) => group.values)
    .map((value) => atOnce(hydrogenCookie().read(value, request(engine.now()))))
  return all.findLast((session) => session !== undefined)?.values
}

/** A value that the platform gives without waiting. */
function atOnce<T>(value: Maybe<T>): T {
  if (!(value instanceof Promise)) return value
  value.catch(() => {})
  throw new SessionError(
    'BAD_OPTIONS',
    'A Cookie of coatcheck/hydrogen is sealed without waiting, which this platform cannot do.',
    {
      fix: 'Allow node:crypto (on Cloudflare: the flag nodejs_compat), or use SessionStorage with a store.',
    },
  )
}
