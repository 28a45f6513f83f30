import { decode, encode } from '../crypto/base64url.ts'
import { concat, toUtf8 } from '../crypto/bytes.ts'
import { platform } from '../crypto/platform.ts'
import type { Bytes } from '../crypto/primitives.ts'
import { randomBytes, randomText } from '../crypto/random.ts'

/**
 * A session that can keep a secret: of Coatcheck, Remix, React Router, Hydrogen, Astro and Remix 3, anything with `get` and `set`; or one of
 * h3, Nitro and Nuxt, with `data` and `update`. Without `owner` its visitor counts as a guest.
 */
export type TokenSession = { readonly owner?: string | undefined } & (
  | { get(key: never): unknown; set(key: never, value: never): unknown }
  | { readonly data: object; update(change: never): unknown }
)

/** The members of both kinds, and `update` of our own sessions, as this file calls them. */
interface Members {
  get?(key: string): unknown
  set?(key: string, value: unknown): unknown
  readonly data?: Readonly<Record<string, unknown>>
  update?(...args: unknown[]): unknown
}

/** The session's value that tokens are made from. It moves to each new id with the other values, and `signOut` drops it. */
export const TOKEN_KEY = 'coatcheck.csrf'

const SECRET_BYTES = 24
const MAC_BYTES = 32
/** Of two pages that ask for the first token at once, each keeps its own secret. */
const MOST_SECRETS = 8

/** A token for the forms of this session, other at each call. Keeps a secret in the session when it is the first. */
export async function tokenFor(session: TokenSession, owner: string | undefined): Promise<string> {
  const [secret = await keepSecret(session)] = await secretsOf(session)
  const mac = await macOf(secret, owner)
  const pad = randomBytes(MAC_BYTES)
  return encode(concat(pad, masked(mac, pad)))
}

/** Whose token this is: of `owner` or of a guest of this session. Undefined: of neither. */
export async function holderOf(
  token: unknown,
  session: TokenSession,
  owner: string | undefined,
): Promise<'owner' | 'guest' | undefined> {
  const bytes = typeof token === 'string' && token.length < 100 ? decode(token) : undefined
  if (bytes?.length !== 2 * MAC_BYTES) return undefined
  const mac = masked(bytes.slice(0, MAC_BYTES), bytes.slice(MAC_BYTES))
  for (const secret of await secretsOf(session)) {
    if (owner !== undefined && platform().equal(mac, await macOf(secret, owner))) return 'owner'
    if (platform().equal(mac, await macOf(secret, undefined))) return 'guest'
  }
  return undefined
}

async function secretsOf(session: TokenSession): Promise<string[]> {
  const { get, data } = session as Members
  const value = await (get ? Reflect.apply(get, session, [TOKEN_KEY]) : data?.[TOKEN_KEY])
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}

async function keepSecret(session: TokenSession): Promise<string> {
  const secret = randomText(SECRET_BYTES)
  const { get, set, update } = session as Members
  // Run again on what another request stored meanwhile, whose page may be open.
  const added = (known?: unknown): string[] => [...(Array.isArray(known) ? known : []), secret].slice(-MOST_SECRETS)
  if (!get) await update?.call(session, (data: Members['data']) => ({ [TOKEN_KEY]: added(data?.[TOKEN_KEY]) }))
  else if (update) update.call(session, TOKEN_KEY, added)
  else await set?.call(session, TOKEN_KEY, added())
  return secret
}

/**
 * Bound to the owner as well: an attacker who planted a session of their own in a visitor's browser knows the guest's token, and the
 * sign-in keeps the guest's values.
 */
async function macOf(secret: string, owner: string | undefined): Promise<Bytes> {
  const mac = await platform().hmac(toUtf8(secret))
  return mac(toUtf8('coatcheck csrf token 1:'), toUtf8(owner === undefined ? 'guest' : `owner ${owner}`))
}

/** What is masked with random bytes differs in each response, so that its compressed length tells nothing (BREACH). */
const masked = (bytes: Bytes, pad: Bytes): Bytes => bytes.map((byte, at) => byte ^ (pad[at] ?? 0))
