/** The iron format, version 2: AES-256-CBC and HMAC-SHA256, both under keys that PBKDF2-SHA1 makes of a password and a salt. */
import { decode, encode } from '../crypto/base64url.ts'
import { fromUtf8, toUtf8 } from '../crypto/bytes.ts'
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { platform } from '../crypto/platform.ts'
import { randomBytes } from '../crypto/random.ts'
import { oldPrimitives } from './primitives.ts'
import { LONGEST } from './text.ts'

/** A password and its name in the seal, which may be empty. */
export interface IronPassword {
  readonly id: string
  readonly secret: string
}

/** The text in a seal. `endsAt`: milliseconds since the epoch, if it is to end. */
export function ironSeal(text: string, password: IronPassword, iterations: number, endsAt?: number): Maybe<string> {
  const { pbkdf2, encrypt } = oldPrimitives()
  const [salt, macSalt] = [drawSalt(), drawSalt()]
  const iv = randomBytes(16)
  return andThen(pbkdf2(password.secret, salt, iterations), (key) =>
    andThen(encrypt(key, iv, text), (ciphertext) => {
      const head = ['Fe26.2', password.id, salt, encode(iv), encode(ciphertext), endsAt ?? ''].join('*')
      return andThen(macOf(head, password.secret, macSalt, iterations), (mac) => `${head}*${macSalt}*${encode(mac)}`)
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
 * What a seal holds; undefined when it is none, not genuine or over at `now` (milliseconds since the epoch). `passwordsFor` gives
 * the passwords to try for a name. Nothing is derived for a text that cannot be a living seal.
 */
export function ironUnseal(
  seal: string,
  passwordsFor: (id: string) => readonly string[],
  iterations: readonly number[],
  now: number,
): Maybe<IronOpened | undefined> {
  if (seal.length > LONGEST) return undefined
  const [, head = '', id = '', salt = '', ivText = '', text = '', end = '', macSalt = '', macText = ''] = SEAL.exec(seal) ?? []
  const [iv, ciphertext, given] = [decode(ivText), decode(text), decode(macText)]
  const endsAt = end === '' ? Number.POSITIVE_INFINITY : Number(end) + SKEW
  if (iv?.length !== 16 || given?.length !== 32 || !ciphertext || ciphertext.length % 16 > 0 || endsAt <= now) return undefined
  const trials = iterations.flatMap((count) => passwordsFor(id).map((secret) => ({ secret, count })))

  const attempt = (number: number): Maybe<IronOpened | undefined> => {
    const trial = trials[number]
    if (!trial) return undefined
    return andThen(macOf(head, trial.secret, macSalt, trial.count), (mac) =>
      platform().equal(mac, given) ? open(trial.secret, trial.count) : attempt(number + 1),
    )
  }
  const open = (secret: string, count: number): Maybe<IronOpened | undefined> =>
    andThen(oldPrimitives().pbkdf2(secret, salt, count), (key) =>
      andThen(oldPrimitives().decrypt(key, iv, ciphertext), (bytes) => {
        const opened = bytes && fromUtf8(bytes)
        return opened === undefined ? undefined : { text: opened, ...(end !== '' && { endsAt }) }
      }),
    )
  return attempt(0)
}

function macOf(text: string, secret: string, salt: string, iterations: number) {
  return andThen(oldPrimitives().pbkdf2(secret, salt, iterations), (key) =>
    andThen(platform().hmac(key), (mac) => mac(toUtf8(text), new Uint8Array())),
  )
}

function drawSalt(): string {
  return Array.from(randomBytes(32), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
