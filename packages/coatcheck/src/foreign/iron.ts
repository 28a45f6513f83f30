/** The iron format, version 2: AES-256-CBC and HMAC-SHA256, both under keys that PBKDF2-SHA1 makes of a password and a salt. */
import { decode, encode } from '../crypto/base64url.ts'
import { fromUtf8, toUtf8 } from '../crypto/bytes.ts'
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { platform } from '../crypto/platform.ts'
import type { Bytes } from '../crypto/primitives.ts'
import { randomBytes } from '../crypto/random.ts'
import type { ForeignRequest } from './format.ts'
import { oldPrimitives, QUICK } from './primitives.ts'
import { LONGEST } from './text.ts'

/** A password and its name in the seal, which may be empty. */
export interface IronPassword {
  readonly id: string
  readonly secret: string
}

/** The text in a seal. `endsAt`: milliseconds since the epoch, if it is to end. */
export function ironSeal(text: string, password: IronPassword, iterations: number, endsAt?: number): Maybe<string> {
  const [salt, macSalt] = [drawSalt(), drawSalt()]
  const iv = randomBytes(16)
  const derive = (each: string) =>
    andThen(oldPrimitives().pbkdf2(password.secret, each, iterations), kept(password.secret, each, iterations))
  return andThen(derive(salt), (key) =>
    andThen(oldPrimitives().encrypt(key, iv, text), (ciphertext) => {
      const head = ['Fe26.2', password.id, salt, encode(iv), encode(ciphertext), endsAt ?? ''].join('*')
      return andThen(derive(macSalt), (macKey) => andThen(macOf(head, macKey), (mac) => `${head}*${macSalt}*${encode(mac)}`))
    }),
  )
}

export interface IronOpened {
  readonly text: string
  /** Milliseconds since the epoch: the last moment at which other readers take it. */
  readonly endsAt?: number
}

/** Clocks may differ by so much, in milliseconds: that long a seal outlives its end. */
const SKEW = 60_000

/** prefix, password, salt, iv, ciphertext, end, salt of the MAC, MAC */
const SEAL = /^(Fe26\.2\*(\w{0,64})\*([0-9a-f]{64})\*([\w-]{22})\*([\w-]{22,})\*(\d{0,16}))\*([0-9a-f]{64})\*([\w-]{43})$/

/**
 * What a seal holds; undefined when it is none, not genuine or over. `passwordsFor` gives the passwords to try for a name. Nothing is
 * derived for a text that cannot be a living seal, and no slow key once `mayDerive` says no.
 */
export function ironUnseal(
  seal: string,
  passwordsFor: (id: string) => readonly string[],
  iterations: readonly number[],
  { now, mayDerive = () => true }: Pick<ForeignRequest, 'now' | 'mayDerive'>,
): Maybe<IronOpened | undefined> {
  if (seal.length > LONGEST) return undefined
  const [, head = '', id = '', salt = '', ivText = '', text = '', end = '', macSalt = '', macText = ''] = SEAL.exec(seal) ?? []
  const [iv, ciphertext, given] = [decode(ivText), decode(text), decode(macText)]
  const endsAt = end === '' ? Number.POSITIVE_INFINITY : Number(end) + SKEW
  if (iv?.length !== 16 || given?.length !== 32 || !ciphertext || ciphertext.length % 16 > 0 || endsAt <= now) return undefined
  const trials = iterations.flatMap((count) => passwordsFor(id).map((secret) => ({ secret, count })))

  const derive = (secret: string, each: string, count: number): Maybe<Bytes | undefined> => {
    const known = KEYS.get(nameOf(secret, each, count))
    if (known) return known
    return count <= QUICK || mayDerive() ? oldPrimitives().pbkdf2(secret, each, count) : undefined
  }
  const attempt = (number: number): Maybe<IronOpened | undefined> => {
    const { secret, count } = trials[number] ?? {}
    if (secret === undefined || count === undefined) return undefined
    return andThen(derive(secret, macSalt, count), (key) => {
      if (!key) return undefined
      return andThen(macOf(head, key), (mac) => {
        if (!platform().equal(mac, given)) return attempt(number + 1)
        kept(secret, macSalt, count)(key)
        return open(secret, count)
      })
    })
  }
  const open = (secret: string, count: number): Maybe<IronOpened | undefined> =>
    andThen(derive(secret, salt, count), (key) => {
      if (!key) return undefined
      kept(secret, salt, count)(key)
      return andThen(oldPrimitives().decrypt(key, iv, ciphertext), (bytes) => {
        const opened = bytes && fromUtf8(bytes)
        return opened === undefined ? undefined : { text: opened, ...(end !== '' && { endsAt }) }
      })
    })
  return attempt(0)
}

/** Slow keys of genuine seals, which come with every request of their visitor; junk, which nobody sends twice, takes no place. */
const KEYS = new Map<string, Bytes>()
const MOST = 1000

const nameOf = (secret: string, salt: string, iterations: number) => `${iterations} ${salt} ${secret}`

/** Keeps a key; the 1000 newest are kept. */
const kept = (secret: string, salt: string, iterations: number) => (key: Bytes) => {
  if (iterations <= QUICK) return key
  const name = nameOf(secret, salt, iterations)
  KEYS.delete(name)
  KEYS.set(name, key)
  const [oldest] = KEYS.keys()
  if (oldest !== undefined && KEYS.size > MOST) KEYS.delete(oldest)
  return key
}

const macOf = (text: string, key: Bytes) => andThen(platform().hmac(key), (mac) => mac(toUtf8(text), new Uint8Array()))

function drawSalt(): string {
  return Array.from(randomBytes(32), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
