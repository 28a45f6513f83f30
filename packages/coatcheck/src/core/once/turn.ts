import { randomText } from '../../crypto/random.ts'
import { SessionError } from '../../errors.ts'
import type { Circumstances, Engine, LoadedSession, SharedContents } from '../engine.ts'
import { Attempts } from '../model/attempts.ts'
import type { Edit } from '../model/changes.ts'
import type { Entry } from '../model/codec.ts'
import type { Contents } from '../model/contents.ts'
import type { OnceCall } from '../session/types.ts'
import { Heart } from './heart.ts'
import {
  type Came,
  cameOf,
  failedElsewhere,
  failureIn,
  failureOf,
  isResult,
  LEASE,
  lease,
  markOf,
  type State,
  sessionEnded,
  shownIn,
  stateEntry,
  stateIn,
  stateKey,
  valueIn,
} from './state.ts'

interface Task {
  readonly engine: Engine
  readonly shared: SharedContents<LoadedSession>
  readonly loaded: LoadedSession
  readonly request: Circumstances
  readonly key: string
  readonly work: (current: unknown, call: OnceCall) => unknown
  /** Milliseconds. */
  readonly fresh: number
  /** Whether a stored value counts, whoever stored it. */
  readonly holds: ((value: unknown) => boolean) | undefined
}

/**
 * One process's way to the value: it takes the result that is stored, waits for whoever works on it, or does it itself. The lease lies in
 * the session's record, and is changed by compare-and-set; a lease that its owner stopped renewing is found by watching it, so clocks need not agree.
 */
export class Turn {
  readonly #task: Task
  readonly #began: number
  /** Whose turn was waited for last, its state, and since when it is the same. */
  #awaited: string | undefined
  #mark: string | undefined
  #since = 0

  constructor(task: Task) {
    this.#task = task
    this.#began = task.engine.now()
  }

  /** The session's contents, with a value that counts. */
  async done(): Promise<Contents> {
    const { engine, key, fresh, holds } = this.#task
    for (;;) {
      const contents = await this.#look()
      const { values } = contents
      const now = engine.now()
      const state = stateIn(values, key)
      const value = valueIn(values, key, now)
      if (value && (isResult(state, fresh, now, this.#awaited) || holds?.(value.take()))) return contents
      const failure = failureIn(state, now, this.#awaited)
      if (failure) throw failedElsewhere(key, failure)
      if (state && state.at === undefined && !this.#isDead(state, markOf(values, key))) await this.#wait()
      else {
        const worked = await this.#work(state, markOf(values, key))
        if (worked) return worked
      }
    }
  }

  /** Whether nobody has renewed this lease for its time. */
  #isDead(state: State, mark: string): boolean {
    const now = this.#task.engine.now()
    if (mark !== this.#mark) this.#since = now
    this.#mark = mark
    this.#awaited = state.by
    return now - this.#since >= LEASE
  }

  async #wait(): Promise<void> {
    const { now, sleep, random, maxRequestTime } = this.#task.engine
    if (now() - this.#began > maxRequestTime)
      throw new SessionError('CONFLICT', `Another request works on once(${JSON.stringify(this.#task.key)}) for too long.`)
    await sleep(25 + 50 * random())
  }

  /** Takes the turn and does the work; undefined: somebody else has it. `before`: the state that the turn follows. */
  async #work(before: State | undefined, mark: string): Promise<Contents | undefined> {
    const { engine, key, work } = this.#task
    const by = randomText(6)
    const nth = before && (before.at === undefined || before.failed) ? before.nth + 1 : 1
    const taken = await this.#edit((values) => {
      if (markOf(values, key) !== mark) return
      const now = engine.now()
      values.set(stateKey(key), stateEntry(key, lease(by, nth, 0, valueIn(values, key, now)), now))
    })
    const holder = stateIn(taken.values, key)?.by
    if (holder !== by) {
      this.#awaited = holder
      return undefined
    }
    const given = valueIn(taken.values, key, engine.now())
    const heart = new Heart(engine, (beat) => this.#renew(by, nth, beat, given))
    const shape = engine.shaping?.shape
    const came = await cameOf(key, shape, () => work(shownIn(given, key, shape), { attempt: nth, signal: heart.signal }))
    await heart.stop()
    return this.#settle(came, by, nth, given)
  }

  /** Stores what came of it, at once. undefined: somebody else works on it now. */
  async #settle(came: Came, by: string, nth: number, given: Entry | undefined): Promise<Contents | undefined> {
    const { engine, key, fresh } = this.#task
    let isKept = false
    const edit: Edit = (values) => {
      const now = engine.now()
      const isMine = stateIn(values, key)?.by === by
      // Also of one who was given up for dead: what it was given is used up, and nobody else has brought anything newer.
      isKept = valueIn(values, key, now)?.text === given?.text
      if ('entry' in came && isKept) {
        values.set(key, came.entry)
        values.set(stateKey(key), stateEntry(key, { by, nth, at: now }, now, fresh))
      } else if (isMine && 'error' in came) {
        values.set(stateKey(key), stateEntry(key, { by, nth, at: now, failed: failureOf(came.error) }, now))
      } else if (isMine) values.delete(stateKey(key))
    }
    let contents: Contents
    try {
      contents = await this.#stored(edit, came)
    } catch (error) {
      if ('error' in came || (error as Partial<SessionError>).code === 'SESSION_ENDED') throw error
      return this.#settle({ error }, by, nth, given)
    }
    if ('entry' in came && isKept) return contents
    const other = stateIn(contents.values, key)?.by
    if (other !== undefined && other !== by) {
      this.#awaited = other
      return undefined // what the other one brings counts
    }
    if ('error' in came) throw came.error
    if (valueIn(contents.values, key, engine.now())) return contents
    throw new SessionError('CONFLICT', `The value of ${JSON.stringify(key)} was removed while once() was under way.`)
  }

  /** The result may be there once only: a store that fails is asked again. */
  async #stored(edit: Edit, came: Came): Promise<Contents> {
    const { now, sleep, random, conflictTimeout } = this.#task.engine
    const attempts = new Attempts()
    const since = now()
    for (;;) {
      try {
        return await this.#edit(edit, attempts)
      } catch (error) {
        const { code } = error as Partial<SessionError>
        const isOver = 'error' in came || now() - since > conflictTimeout
        if ('error' in came && code !== 'SESSION_ENDED') throw came.error
        if (code !== 'STORE_FAILED' || isOver) throw error
        await sleep(100 + 200 * random())
      }
    }
  }

  /** False: it is somebody else's, or done. */
  async #renew(by: string, nth: number, beat: number, given: Entry | undefined): Promise<boolean> {
    const { engine, key } = this.#task
    const { values } = await this.#edit((values) => {
      if (stateIn(values, key)?.by === by) values.set(stateKey(key), stateEntry(key, lease(by, nth, beat, given), engine.now()))
    })
    return stateIn(values, key)?.by === by
  }

  async #look(): Promise<Contents> {
    const { shared, loaded, request, key } = this.#task
    const shown = await shared.look(loaded, request)
    if (shown) return this.#seen(shown.contents)
    throw sessionEnded(key)
  }

  async #edit(edit: Edit, attempts: Attempts = new Attempts()): Promise<Contents> {
    const { shared, loaded, request, key } = this.#task
    const shown = await shared.edit(loaded, request, edit, attempts)
    if (shown) return this.#seen(shown.contents)
    throw sessionEnded(key)
  }

  #seen(contents: Contents): Contents {
    return this.#task.engine.shaping?.shape?.see(contents) ?? contents
  }
}
