import {
  type AdapterSessions,
  answer,
  type Commit,
  delayHeaders,
  type HeadersOut,
  type LiveSession,
  nodeHeaders,
  type RequestSession,
} from '../../core/adapter.ts'
import { LiveValues, snapshotOf } from '../express-session/values.ts'
import type { KoaContext } from './http.ts'
import { isOf, lineOf, NOT_ENCRYPTED } from './line.ts'
import { DEFAULT_MAX_AGE, type SessionOptions, type Setup } from './options.ts'
import { type Behind, type CommitOptions, isPrivate, type Session, sessionOver } from './session.ts'

/** The value that keeps how long a session lasts, when that is not what the options say. No value of the application has this name. */
const OWN = '_maxAge'

/** One request's `ctx.session`, until the headers leave. */
export class Visit {
  /** `ctx.sessionOptions`. */
  readonly options: SessionOptions
  readonly #setup: Setup
  readonly #ctx: KoaContext
  readonly #adapter: AdapterSessions
  #requestSession: RequestSession
  #opening: Promise<LiveSession> | undefined
  #live!: LiveSession
  #values!: LiveValues
  #session: Session | null | undefined
  #behind: Behind | undefined
  #externalKey: string | undefined
  /** A session was opened, or stored by this request. */
  #isKept = false
  #isRead = false
  #hasSet: string | undefined
  /** The lines of the engine that say what the visitor gets. */
  #lines: RequestSession['lines'] = []
  /** The last commit came before the handler was done: another request may have answered since. */
  #wasEarly = false
  /** The commit at the end of the middleware was made. */
  #isDone = false
  #hasLeft = false

  constructor(setup: Setup, ctx: KoaContext, adapter: AdapterSessions) {
    this.#setup = setup
    this.#ctx = ctx
    this.#adapter = adapter
    this.options = { ...setup.options }
    this.#requestSession = adapter.requestSession(ctx.req, { get: (name) => this.#header(name) })
    const hooks = {
      before: () => this.#settle(),
      failed: (error: unknown) => ctx.onerror(error),
      sent: () => this.#requestSession.finish(),
    }
    // A response that is none: what is saved is stored, and no cookie can be sent.
    if (!delayHeaders(ctx.res, hooks)) this.#requestSession.finish()
    if (setup.options.autoCommit === false) this.#requestSession.commitsByCall = true
  }

  #header(name: string): string | null {
    const { externalKey } = this.options
    if (name !== 'cookie' || !externalKey) return [this.#ctx.req.headers[name] ?? null].flat()[0] ?? null
    const given = externalKey.get(this.#ctx as never)
    return given ? `${this.#setup.key}=${given}` : null
  }

  /** Reads the session. Synchronous where nothing has to wait. */
  async open(): Promise<void> {
    if (this.#opening) return void (await this.#opening)
    this.#opening = this.#requestSession.open()
    if (!this.#requestSession.session) await this.#opening
    this.#begin()
    const { valid } = this.options
    if (this.#isKept && valid && !valid(this.#ctx as never, Object.fromEntries(this.#entries()))) this.#ignore()
    if (this.#setup.isStored && this.#externalKey === undefined) this.#externalKey = await this.#requestSession.reserve()
  }

  #begin(): void {
    this.#live = this.#requestSession.session as LiveSession
    this.#values = new LiveValues(this.#live, this.#requestSession, isPrivate)
    this.#isKept = this.#live.handle !== undefined
    if (this.#setup.isStored) this.#externalKey = this.#live.handle
    const kept = this.#live.get(OWN) as SessionOptions['maxAge']
    if (this.#isKept) this.options.maxAge = kept ?? this.#setup.maxAge
  }

  #entries = (): [string, unknown][] => this.#values.keys().map((key) => [key, this.#values.get(key)])

  /** Goes on without the session that came, as for a visitor who has none. */
  #ignore(): void {
    const value = Object.fromEntries(this.#entries())
    const event = { key: this.#externalKey, value, ctx: this.#ctx }
    queueMicrotask(() => this.#ctx.app.emit('session:invalid', event))
    this.options.maxAge = this.#setup.options.maxAge
    this.#requestSession.finish()
    this.#requestSession = this.#adapter.detached({ get: () => null })
    this.#requestSession.commitsByCall = this.options.autoCommit === false
    void this.#requestSession.open()
    this.#begin()
    this.#externalKey = undefined
    this.#isRead = true
  }

  get(): Session | null {
    this.#isRead = true
    if (!this.#opening) void this.open().catch(() => {})
    if (!this.#live) {
      throw new TypeError(
        'coatcheck: ctx.session was read before its store had answered. Put app.use(session(…)) before what reads it.',
      )
    }
    if (this.#session === undefined) this.#session = this.#show(!this.#isKept)
    return this.#session
  }

  set(value: unknown): void {
    if (value !== null && typeof value !== 'object') throw new Error('this.session can only be set as null or an object.')
    this.get()
    // Whoever still has the object of before goes on seeing what it held.
    const given = value === null ? undefined : Object.entries(value)
    if (this.#behind) this.#behind.values = snapshotOf(this.#values)
    if (!given) {
      this.#values.clear()
      this.#live.restart()
      this.#isKept = false
      this.#session = null
      return
    }
    const names = new Set(given.map(([key]) => key))
    for (const key of this.#values.keys()) if (!names.has(key)) this.#values.delete(key)
    this.#session = this.#show(false)
    for (const [key, each] of given) Reflect.set(this.#session, key, each)
  }

  #show(isNew: boolean): Session {
    const { options } = this
    const isKept = this.#isKept && options.maxAge !== 'session'
    const behind: Behind = {
      values: this.#values,
      externalKey: this.#externalKey,
      get maxAge() {
        return options.maxAge
      },
      set maxAge(maxAge) {
        options.maxAge = maxAge
        session._requireSave = true
      },
      commit: (how) => this.#early(how),
    }
    this.#behind = behind
    const session = sessionOver(behind, isNew, isKept ? this.#live.expiresAt : undefined)
    return session
  }

  async #early(how: CommitOptions | undefined): Promise<void> {
    await this.commit(how)
    this.#wasEarly = this.#lines.length > 0
  }

  /** At the end of the middleware. */
  async end(): Promise<void> {
    if (this.options.autoCommit === false || this.#hasLeft) return
    await this.commit()
    this.#isDone = true
  }

  async commit({ save = false, regenerate = false }: CommitOptions = {}): Promise<void> {
    if (!this.#live || (this.#session === undefined && !this.#setup.isStored)) return
    const session = this.#session
    const live = this.#live
    if (session === null) {
      await this.#store()
      return
    }
    const reason = save || regenerate || session?._requireSave ? 'force' : this.#reason()
    if (reason === '') return
    if (session) {
      this.options.beforeSave?.(this.#ctx as never, session)
      session._requireSave = false
    }
    if (this.#isHindered) throw new Error(NOT_ENCRYPTED)
    this.#values.refresh()
    if (regenerate) live.regenerateId()
    if (reason === 'force') live.begin()
    const lasts = this.#keepMaxAge()
    await this.#store({ ...(lasts !== undefined && { maxAge: lasts / 1000 }), renews: true, always: 'asked' })
    this.#isKept = live.handle !== undefined
  }

  /** What comes after in this request sees the cookie. */
  async #store(how?: Commit): Promise<void> {
    const { current } = await this.#requestSession.commit(how)
    this.#lines = current
    this.#wasEarly = false
    if (!this.#hasLeft && !this.#ctx.res.headersSent) this.#write(nodeHeaders(this.#ctx.res))
  }

  /** Why there is something to store or to send; empty: there is nothing. */
  #reason(): string {
    const live = this.#live
    if (!this.#isKept && !live.changed) return ''
    if (live.changed) return 'changed'
    if (this.#isDone) return ''
    const { rolling, renew, maxAge } = this.options
    if (rolling) return 'rolling'
    const left = (live.expiresAt ?? 0) - this.#setup.now()
    return (renew || maxAge === 'session') && left < this.#setup.lastsOf(maxAge) / 2 ? 'renew' : ''
  }

  /** Notes how long the session lasts, if that is not what the options say: in milliseconds. */
  #keepMaxAge(): number | undefined {
    const maxAge = this.options.maxAge || DEFAULT_MAX_AGE
    const had = this.#live.get(OWN)
    if (maxAge !== this.#setup.maxAge) this.#live.set(OWN, maxAge)
    else if (had !== undefined) this.#live.delete(OWN)
    return maxAge !== this.#setup.maxAge || had !== undefined ? this.#setup.lastsOf(maxAge) : undefined
  }

  /** As in Koa: a cookie that is Secure is not sent over http, where no browser would keep it. */
  get #isHindered(): boolean {
    return this.options.secure === true && !this.#ctx.secure && !this.options.externalKey
  }

  /** Before the headers leave, also those of an error, of which Koa has removed all headers. */
  async #settle(): Promise<void> {
    const headers = nodeHeaders(this.#ctx.res)
    if (this.options.autoCommit !== false) await this.commit()
    if (this.#wasEarly) await this.#store({ always: 'asked' })
    this.#hasLeft = true
    if (!this.#isRead && this.#lines.length === 0) return
    answer(headers, [this.#requestSession])
    this.#write(headers)
  }

  /** The engine says the value; `ctx.sessionOptions` says the rest. */
  #write(headers: HeadersOut): void {
    const { options } = this
    const { key } = this.#setup
    const others = headers.getSetCookie().filter((line) => !isOf(key, line))
    headers.delete('set-cookie')
    for (const line of others) headers.append('set-cookie', line)
    const value = this.#lines.findLast(([, line]) => isOf(key, line))?.[1].slice(key.length + 1)
    if (value === undefined) return
    if (options.externalKey) {
      if (value !== '' && value !== this.#hasSet) options.externalKey.set(this.#ctx as never, value)
      this.#hasSet = value
      return
    }
    if (this.#isHindered) return
    const now = this.#setup.now()
    headers.append('set-cookie', lineOf(key, value, options, this.#ctx.secure, now))
    // The signature that koa-session kept beside its cookie.
    const signature = `${key}.sig`
    const came = [this.#ctx.req.headers.cookie ?? ''].flat().join(';')
    if (came.includes(`${signature}=`)) headers.append('set-cookie', lineOf(signature, '', options, this.#ctx.secure, now))
  }
}
