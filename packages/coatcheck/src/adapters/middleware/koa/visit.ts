import {
  type AdapterSessions,
  answer,
  type Commit,
  delayHeaders,
  nodeHeaders,
  type RequestSession,
} from '../../../core/adapter.ts'
import { type KoaContext, presentedTo } from './http.ts'
import type { SessionOptions } from './interface.ts'
import { Opened } from './opened.ts'
import { DEFAULT_MAX_AGE, type Setup } from './options.ts'
import { Reply } from './reply.ts'
import type { CommitOptions, Session } from './session.ts'
import { Shown } from './shown.ts'

/** One request's `ctx.session`, until the headers leave. */
export class Visit {
  /** `ctx.sessionOptions`. */
  readonly options: SessionOptions
  readonly #setup: Setup
  readonly #ctx: KoaContext
  readonly #adapter: AdapterSessions
  readonly #came: RequestSession
  readonly #reply: Reply
  readonly #shown: Shown
  #opened: Opened | undefined
  #isRead = false
  /** The last commit came before the handler was done: another request may have answered since. */
  #wasEarly = false
  /** The commit at the end of the middleware was made. */
  #isDone = false
  /** The headers are about to leave, or have left. */
  #isSettling = false

  constructor(setup: Setup, ctx: KoaContext, adapter: AdapterSessions) {
    this.#setup = setup
    this.#ctx = ctx
    this.#adapter = adapter
    this.#reply = new Reply(setup, ctx)
    this.options = { ...setup.options }
    this.#shown = new Shown(this.options, (how) => this.#early(how))
    this.#came = adapter.requestSession(ctx.req, presentedTo(ctx, setup.key, this.options))
    this.#came.commitsByCall = this.options.autoCommit === false
    const sent = (): void => (this.#opened?.requestSession ?? this.#came).finish()
    const hooks = { before: () => this.#settle(), failed: (error: unknown) => ctx.onerror(error), sent }
    // A response that is none: what is saved is stored, and no cookie can be sent.
    if (!delayHeaders(ctx.res, hooks)) this.#came.finish()
  }

  /** Reads the session. A second middleware of the application finds it open. */
  async open(): Promise<void> {
    if (this.#opened) return
    const opened = await Opened.open(this.#setup, this.#ctx, this.#adapter, this.#came)
    opened.requestSession.commitsByCall = this.#came.commitsByCall
    if (opened.requestSession !== this.#came) this.#isRead = true
    if (opened.isKept) this.options.maxAge = opened.maxAge ?? this.#setup.maxAge
    this.#opened = opened
  }

  get #here(): Opened {
    if (this.#opened) return this.#opened
    throw new TypeError('coatcheck: ctx.session was read before its middleware. Put app.use(session(…)) before what reads it.')
  }

  get(): Session | null {
    this.#isRead = true
    return this.#shown.get(this.#here)
  }

  set(value: unknown): void {
    this.#isRead = true
    this.#shown.set(this.#here, value)
  }

  async #early(how: CommitOptions | undefined): Promise<void> {
    await this.#commit(how)
    this.#wasEarly = this.#reply.says
  }

  /** At the end of the middleware. */
  async end(): Promise<void> {
    if (this.options.autoCommit === false || this.#isSettling) return
    try {
      await this.#commit()
    } catch (error) {
      // Nothing is tried again behind the visitor's back.
      this.#here.values.clear()
      this.#here.requestSession.fail()
      throw error
    } finally {
      this.#isDone = true
    }
  }

  async #commit({ save = false, regenerate = false }: CommitOptions = {}): Promise<void> {
    if (!this.#opened || (this.#shown.session === undefined && !this.#setup.isStored)) return
    const { session } = this.#shown
    const { live, values } = this.#opened
    const reason = save || regenerate || session?._requireSave ? 'force' : this.#reason(this.#opened)
    if (session !== null && reason === '') return
    const isHindered = this.#reply.isHindered(this.options)
    if (isHindered && session !== null && this.#isSettling) return
    if (isHindered && session !== null) throw this.#reply.refusal()
    if (session) {
      this.options.beforeSave?.(this.#ctx as never, session)
      session._requireSave = false
    }
    this.#reply.looks(this.options)
    if (session === null) await this.#store()
    else {
      values.refresh()
      if (regenerate) this.#opened.renewId()
      if (reason === 'force') live.begin()
      const lasts = this.#opened.last(this.options.maxAge || DEFAULT_MAX_AGE, this.#setup)
      await this.#store({ ...(lasts !== undefined && { maxAge: lasts }), renews: true, always: 'asked' })
    }
    // The session was ended all the same.
    if (isHindered && !this.#isSettling) throw this.#reply.refusal()
  }

  async #store(how?: Commit): Promise<void> {
    const { current } = await this.#here.requestSession.commit(how)
    this.#wasEarly = false
    this.#reply.tell(current)
  }

  /** Why there is something to store or to send; empty: there is nothing. */
  #reason({ live, isKept }: Opened): string {
    if (live.pending !== 'nothing') return 'changed'
    if (!isKept || this.#isDone) return ''
    const { rolling, renew, maxAge } = this.options
    if (rolling) return 'rolling'
    const left = (live.expiresAt ?? 0) - this.#setup.now()
    return (renew || maxAge === 'session') && left < this.#setup.lastsOf(maxAge) / 2 ? 'renew' : ''
  }

  /** Before the headers leave, also those of an error, of which Koa has removed all headers. */
  async #settle(): Promise<void> {
    this.#isSettling = true
    if (!this.#opened) return
    const { requestSession, live } = this.#opened
    if (this.options.autoCommit !== false) await this.#commit()
    if (this.#wasEarly && live.pending === 'nothing') await this.#store({ always: 'asked' })
    if (!this.#isRead && !this.#reply.says) return
    const headers = nodeHeaders(this.#ctx.res)
    answer(headers, [requestSession])
    this.#reply.write(headers)
  }
}
