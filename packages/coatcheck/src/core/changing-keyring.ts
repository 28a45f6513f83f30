import { type Keyring, noWriter } from '../crypto/keyring.ts'
import { andThen, type Maybe } from '../crypto/maybe.ts'
import { mayAwaitOthers } from '../crypto/workers.ts'
import { SessionError } from '../errors.ts'
import type { Emit } from './model/events.ts'
import { type CheckedSecret, keysAt } from './options/secret-states.ts'
import type { Secrets } from './options/secrets.ts'
import { keyringOf } from './sessions-cache.ts'

/** Milliseconds. A list this old is read again beside what goes on; one twice as old, which nobody needed meanwhile, before it is used. */
const OLD = 60_000
/** After a ticket of an unknown secret, or a failure, the next one makes nobody read again for so long. */
const PAUSE = 5000

interface Surroundings {
  readonly now: () => number
  readonly emit: Emit
  /** Milliseconds that one read may take. */
  readonly limit: number
}

type Changing = Extract<Secrets, object & ({ list: unknown } | { source: unknown })>

/**
 * The keyring of secrets whose time comes and goes, or that are read again. It waits where there is nothing to go on with: for the first
 * list, for one that is said to have changed, and for one that may know an unknown secret. Otherwise it is as synchronous as that of texts.
 */
export function changingKeyring(secrets: Changing, surroundings: Surroundings): Keyring {
  const { now } = surroundings
  const source = 'source' in secrets ? new Source(secrets, surroundings) : undefined
  const fixed = 'list' in secrets ? new Current(secrets.list) : undefined
  const ready = (): Maybe<Current> => fixed ?? (source as Source).ready()
  const using = <T>(use: (keyring: Keyring) => Maybe<T>) => andThen(ready(), (current) => use(current.at(now())))
  const reading = <T>(read: (keyring: Keyring) => Maybe<T>) =>
    andThen(ready(), (current) => {
      const keyring = current.at(now())
      return andThen(read(keyring), (found) => {
        if (found !== 'unknown-key' || !source) return found
        return andThen(source.again(), () => (current.at(now()) === keyring ? found : read(current.at(now()))))
      })
    })
  return {
    seal: (...given) => using((keyring) => keyring.seal(...given)),
    sign: (...given) => using((keyring) => keyring.sign(...given)),
    open: (...given) => reading((keyring) => keyring.open(...given)),
    verify: (...given) => reading((keyring) => keyring.verify(...given)),
    isNewest: (...given) => (fixed ?? source?.current)?.at(now()).isNewest(...given) ?? false,
  }
}

/** A list, and the keyring of what its secrets may do now. */
class Current {
  #list: readonly CheckedSecret[]
  #keyring: Keyring | undefined
  #since = 0
  #until = 0

  constructor(list: readonly CheckedSecret[]) {
    this.#list = list
  }

  replace(list: readonly CheckedSecret[]): void {
    this.#list = list
    this.#keyring = undefined
  }

  at(now: number): Keyring {
    if (this.#keyring && now >= this.#since && now < this.#until) return this.#keyring
    const { keys, since, until } = keysAt(this.#list, now)
    this.#since = since
    this.#until = until
    this.#keyring = keyringOf(keys)
    return this.#keyring
  }
}

/** Secrets that are read again. */
class Source {
  /** undefined: they were never read. */
  current: Current | undefined
  readonly #secrets: Extract<Changing, { source: unknown }>
  readonly #surroundings: Surroundings
  /** How often they were said to have changed, beginning with the start, and what of that was read, or tried. */
  #changes = 1
  #read = 0
  #tried = 0
  #isWatched = false
  /** Reads by number: an older one that comes later is not taken. */
  #begun = 0
  #taken = 0
  #readAt = 0
  #triedAt = Number.NEGATIVE_INFINITY
  #askedAt = Number.NEGATIVE_INFINITY
  #underWay: Promise<Current> | undefined

  constructor(secrets: Extract<Changing, { source: unknown }>, surroundings: Surroundings) {
    this.#secrets = secrets
    this.#surroundings = surroundings
  }

  /** The newest list that there is, read now where it has to be. */
  ready(): Maybe<Current> {
    const { current } = this
    const now = this.#surroundings.now()
    const age = now - this.#readAt
    const mustWait = this.#read !== this.#changes || age >= 2 * OLD || age < 0
    if (current && !mustWait && age < OLD) return current
    const isTried = this.#tried === this.#changes
    if (this.#underWay && isTried && mayAwaitOthers) return current && !mustWait ? current : this.#underWay
    if (current && isTried && isWithin(PAUSE, this.#triedAt, now)) return current
    const reading = this.#readNow(now)
    return current && !mustWait ? current : reading
  }

  /** Reads them for a ticket that none of them opens, unless that was done just now. */
  again(): Maybe<Current | undefined> {
    if (this.#underWay && mayAwaitOthers) return this.#underWay
    const now = this.#surroundings.now()
    if (isWithin(PAUSE, this.#askedAt, now)) return undefined
    this.#askedAt = now
    return this.#readNow(now)
  }

  /** Fails only where there is no list at all. */
  #readNow(now: number): Maybe<Current> {
    const { source } = this.#secrets
    const read = { number: ++this.#begun, changes: this.#changes, at: now }
    this.#tried = this.#changes
    this.#triedAt = now
    const take = (given: unknown) => this.#take(given, read)
    try {
      if (!this.#isWatched) {
        this.#isWatched = true
        source.watch?.(() => {
          this.#changes++
        })
      }
      const given: unknown = source.read()
      if (typeof (given as Partial<PromiseLike<unknown>> | null)?.then !== 'function') return take(given)
      const reading = limited(given as PromiseLike<unknown>, this.#surroundings.limit)
        .then(take)
        .catch((cause: unknown) => this.#failed(cause))
        .finally(() => {
          if (this.#underWay === reading) this.#underWay = undefined
        })
      this.#underWay = reading
      return reading
    } catch (cause) {
      return this.#failed(cause)
    }
  }

  #take(
    given: unknown,
    { number, changes, at }: { readonly number: number; readonly changes: number; readonly at: number },
  ): Current {
    const list = this.#secrets.check(given)
    if (this.current && number < this.#taken) return this.current
    const { now } = this.#surroundings
    if (!keysAt(list, now()).keys.some(({ use }) => use === 'write')) throw noWriter()
    this.#taken = number
    this.#read = changes
    this.#readAt = at
    this.current ??= new Current(list)
    this.current.replace(list)
    return this.current
  }

  #failed(cause: unknown): Current {
    const isKnown = cause instanceof SessionError
    const error = isKnown
      ? cause
      : new SessionError('STORE_FAILED', 'The secrets could not be read.', {
          cause,
          fix: 'See `cause` for what the function or the source reported. Nobody was logged out.',
        })
    this.#surroundings.emit({ type: 'secrets-failed', error })
    if (!this.current) throw error
    return this.current
  }
}

const isWithin = (span: number, at: number, now: number): boolean => now >= at && now - at < span

async function limited<T>(promised: PromiseLike<T>, limit: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not answer within ${limit / 1000} seconds.`)), limit)
  })
  try {
    return await Promise.race([promised, late])
  } finally {
    clearTimeout(timer)
  }
}
