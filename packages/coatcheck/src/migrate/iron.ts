/** The iron format, version 2: AES-256-CBC and HMAC-SHA256, both under keys that PBKDF2-SHA1 makes of a password and a salt. */
import { decode, encode } from '../crypto/base64url.ts'
import { fromUtf8 } from '../crypto/bytes.ts'
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { platform } from '../crypto/platform.ts'
import type { Bytes } from '../crypto/primitives.ts'
import { randomBytes } from '../crypto/random.ts'
import type { ReaderRequest } from './format.ts'
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
    andThen(oldPrimitives().pbkdf2(password.secret, each, iterations), (key) => {
      keep(KEYS, password.secret, each, iterations, key)
      return key
    })
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

/** How every seal begins, the first of its pieces too. */
export const IRON = 'Fe26.2*'
/** prefix, password, salt, iv, ciphertext, end, salt of the MAC, MAC */
const PARTS = 8
const ID = /^\w{0,64}$/
const SALT = /^[0-9a-f]{64}$/
const END = /^\d{0,16}$/
/** `*`, the salt of the MAC, `*` and 32 bytes, which the MAC does not cover. */
const FOOT = 1 + 64 + 1 + 43

/**
 * What a seal holds; undefined when it is none, not genuine or over. `passwordsFor` gives the passwords to try for a name. Nothing is
 * derived for a text that cannot be a living seal; slow keys that are not known yet are derived by `slowly`.
 */
export function ironUnseal(
  seal: string,
  passwordsFor: (id: string) => readonly string[],
  iterations: readonly number[],
  { now, mayTry = always, slowly = (trial) => trial(always) }: Pick<ReaderRequest, 'now' | 'mayTry' | 'slowly'>,
): Maybe<IronOpened | undefined> {
  if (seal.length > LONGEST || !seal.startsWith(IRON)) return undefined
  const parts = seal.split('*', PARTS + 1)
  const [, id = '', salt = '', iv = '', text = '', end = '', macSalt = '', macText = ''] = parts
  // Whether the ciphertext can be decoded is looked at before slow keys only.
  if (parts.length !== PARTS || !ID.test(id) || !SALT.test(salt) || !END.test(end) || !SALT.test(macSalt)) return undefined
  const given = decode(macText)
  const endsAt = end === '' ? Number.POSITIVE_INFINITY : Number(end) + SKEW
  if (given?.length !== 32 || decode(iv)?.length !== 16 || text.length < 22 || bytesIn(text) % 16 > 0) return undefined
  if (endsAt <= now || !mayTry()) return undefined
  const head = seal.slice(0, -FOOT)
  const trials = iterations.flatMap((count) => passwordsFor(id).map((secret) => ({ secret, count })))
  const isCheap = ({ secret, count }: Key): boolean => count <= QUICK || knownKey(secret, macSalt, count) !== undefined

  /** What the first of these keys that made the MAC opens. */
  const opened = ([key, ...others]: readonly Key[], mayDerive: () => boolean): Maybe<IronOpened | undefined> => {
    if (!key) return undefined
    const { secret, count } = key
    return andThen(derived(secret, macSalt, count, mayDerive), (macKey) => {
      if (!macKey) return undefined
      return andThen(macOf(head, macKey), (mac) => {
        if (platform().equal(mac, given)) return content(key, macKey, mayDerive)
        keep(JUNK, secret, macSalt, count, macKey)
        return opened(others, mayDerive)
      })
    })
  }
  const content = ({ secret, count }: Key, macKey: Bytes, mayDerive: () => boolean): Maybe<IronOpened | undefined> => {
    keep(KEYS, secret, macSalt, count, macKey)
    return andThen(derived(secret, salt, count, mayDerive), (key) => {
      const [vector, ciphertext] = [decode(iv), decode(text)]
      if (!key || !vector || !ciphertext) return undefined
      keep(KEYS, secret, salt, count, key)
      return andThen(oldPrimitives().decrypt(key, vector, ciphertext), (bytes) => {
        const plain = bytes && fromUtf8(bytes)
        return plain === undefined ? undefined : { text: plain, ...(end !== '' && { endsAt }) }
      })
    })
  }
  const slow = trials.filter((key) => !isCheap(key))
  return andThen(
    opened(trials.filter(isCheap), always),
    (found) => found ?? (slow.length > 0 && decode(text) ? slowly((mayDerive) => opened(slow, mayDerive)) : undefined),
  )
}

interface Key {
  readonly secret: string
  readonly count: number
}

const always = () => true
/** How many bytes so many characters of base64 are. */
const bytesIn = (text: string) => Math.floor((text.length * 3) / 4)

/** Slow keys of genuine seals, which come with every request of their visitor. */
const KEYS = new Map<string, Bytes>()
/** Of junk: whoever sends the same again, such as a browser that keeps a cookie of an old password, costs no derivation. */
const JUNK = new Map<string, Bytes>()
/** The newest of each are kept. */
const MOST = 1000

const nameOf = (secret: string, salt: string, iterations: number) => `${iterations} ${salt} ${secret}`

function knownKey(secret: string, salt: string, iterations: number): Bytes | undefined {
  const name = nameOf(secret, salt, iterations)
  return KEYS.get(name) ?? JUNK.get(name)
}

function derived(secret: string, salt: string, iterations: number, mayDerive: () => boolean): Maybe<Bytes | undefined> {
  const known = iterations > QUICK ? knownKey(secret, salt, iterations) : undefined
  return known ?? (iterations <= QUICK || mayDerive() ? oldPrimitives().pbkdf2(secret, salt, iterations) : undefined)
}

function keep(keys: Map<string, Bytes>, secret: string, salt: string, iterations: number, key: Bytes): void {
  if (iterations <= QUICK) return
  const name = nameOf(secret, salt, iterations)
  keys.delete(name)
  keys.set(name, key)
  const [oldest] = keys.keys()
  if (oldest !== undefined && keys.size > MOST) keys.delete(oldest)
}

const macOf = (text: string, key: Bytes) => oldPrimitives().sha256Mac(key, text)

function drawSalt(): string {
  return Array.from(randomBytes(32), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
