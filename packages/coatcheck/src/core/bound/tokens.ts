import { fromUtf8, toUtf8 } from '../../crypto/bytes.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { randomText } from '../../crypto/random.ts'
import type { PublicKey } from '../../crypto/signatures.ts'
import { type Engine, withSecrets } from '../engine.ts'
import { publicKeyOf } from './proof.ts'

/** What a browser calls its session: `key` of the record, or the device's key of a sealed session. */
export interface SessionName {
  readonly sid: string
  readonly key?: string
  readonly jwk?: PublicKey
}

interface Challenge {
  /** The reading is over. */
  readonly isOver: boolean
  /** How many there were before. */
  readonly nth: number
}

const CHALLENGE = 'device challenge'
const COOKIE = 'device cookie'
const NAME = 'device session'
const UTF8_MOST = 1024

/** Challenges, bound cookies and names of sessions: each says by itself what it is for and when it ends, under a MAC or a seal, and nothing is kept. */
export class BoundTokens {
  readonly #engine: Engine
  /** Milliseconds. */
  readonly #grace: number

  constructor(engine: Engine) {
    this.#engine = engine
    this.#grace = (engine.deviceBound?.grace ?? 0) * 1000
  }

  /** `about`: what it is for, and for whom. `lasts`: seconds. */
  challenge(about: readonly string[], lasts: number, nth = 0): Maybe<string> {
    const text = `${this.#engine.now() + lasts * 1000} ${nth} ${randomText(9)}`
    return withSecrets(this.#engine).sign(CHALLENGE, [this.#engine.binding, ...about], toUtf8(text))
  }

  /** undefined: it is no challenge of ours for this. */
  challenged(about: readonly string[], token: string): Maybe<Challenge | undefined> {
    return andThen(this.#verified(CHALLENGE, about, token), (text) => {
      const [end, nth] = (text ?? '').split(' ').map(Number)
      return end === undefined || nth === undefined ? undefined : { isOver: this.#isOver(end), nth }
    })
  }

  cookie(sid: string, print: string, lasts: number): Maybe<string> {
    const end = String(this.#engine.now() + lasts * 1000)
    return withSecrets(this.#engine).sign(COOKIE, [this.#engine.binding, sid, print], toUtf8(end))
  }

  isCookie(sid: string, print: string, token: string): Maybe<boolean> {
    return andThen(this.#verified(COOKIE, [sid, print], token), (end) => end !== undefined && !this.#isOver(Number(end)))
  }

  name({ sid, key, jwk }: SessionName): Maybe<string> {
    return withSecrets(this.#engine).seal(NAME, [this.#engine.binding], JSON.stringify([sid, key ?? null, jwk ?? null]))
  }

  async named(name: string): Promise<SessionName | undefined> {
    const opened = await withSecrets(this.#engine).open(NAME, [this.#engine.binding], name)
    if (typeof opened === 'string') return undefined
    const [sid, key, jwk] = JSON.parse(opened.text) as [string, string | null, unknown]
    const known = publicKeyOf(jwk)
    return { sid, ...(key !== null && { key }), ...(known && { jwk: known }) }
  }

  #verified(purpose: string, context: readonly string[], token: string): Maybe<string | undefined> {
    if (token.length > UTF8_MOST) return undefined
    return andThen(withSecrets(this.#engine).verify(purpose, [this.#engine.binding, ...context], token), (found) =>
      typeof found === 'string' ? undefined : fromUtf8(new Uint8Array(found.bytes)),
    )
  }

  /** By a clock that may differ from that of the server that wrote it. */
  #isOver(end: number): boolean {
    return !(this.#engine.now() <= end + this.#grace)
  }
}
