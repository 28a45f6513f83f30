/** The part of node:http's `ServerResponse` that is used here; the responses of node:http2 have it too. */
export interface NodeResponse {
  statusCode: number
  statusMessage: string
  readonly headersSent: boolean
  getHeader(name: string): number | string | readonly string[] | undefined
  getHeaderNames(): string[]
  setHeader(name: string, value: number | string | readonly string[]): unknown
  appendHeader(name: string, value: string | readonly string[]): unknown
  removeHeader(name: string): void
  addTrailers(trailers: Record<string, string>): void
  writeHead(...args: never[]): unknown
  flushHeaders(): void
  write(...args: never[]): unknown
  end(...args: never[]): unknown
  destroy(error?: Error): unknown
  on(event: string, listener: Listener): unknown
  emit(event: string): boolean
  rawListeners(event: string): unknown[]
}

/** Headers on their way out. Absent is null, and each Set-Cookie is a line of its own. */
export interface HeadersOut {
  get(name: string): string | null
  set(name: string, value: string): void
  append(name: string, value: string): void
  delete(name: string): void
  getSetCookie(): string[]
}

export interface HoldHooks {
  /** Runs once, before the headers leave. When it returns no promise, nothing waits and the response stays synchronous. */
  before(): void | Promise<void>
  /** `before` failed. Nothing was sent, and the response is free for another answer, its status already 500. Must not throw. */
  failed(error: unknown): void
  /** The headers have left, or nobody is there to read them. Called after a failure too, once it is answered. Must not throw. */
  sent(): void
}

type Listener = (...args: unknown[]) => void
type Sending = 'writeHead' | 'flushHeaders' | 'write' | 'end'
type Methods = Pick<NodeResponse, Sending | 'on'>
type Call = readonly [name: Sending, args: readonly unknown[]]

/** Describes a body that is not sent. Cookies, CORS and security headers do not. */
const ABOUT_BODY = /^(content-(?!security)|etag$|last-modified$|expires$|location$|refresh$|accept-ranges$|transfer-encoding$|trailer$)/

const gates = new WeakMap<NodeResponse, Gate>()

/**
 * Holds a response: `before` runs when its headers are about to be sent, and nothing is sent until it is done. What the application
 * does meanwhile is carried out afterwards, in order; to the application the response looks as if it had been sent. The hooks of
 * several holds run one after another. False, and nothing touched, for what is no response of node:http or node:http2 (mocks), and
 * for one whose headers have left.
 */
export function hold(res: NodeResponse, hooks: HoldHooks): boolean {
  const gate = gates.get(res)
  if (gate) return gate.join(hooks)
  if (!isServerResponse(res) || res.headersSent) return false
  const { writeHead, flushHeaders, write, end, on } = res
  gates.set(res, new Gate(res, { writeHead, flushHeaders, write, end, on }, [hooks], [hooks]))
  return true
}

/** The headers of a response that have not left, to read and to change, also while it is held. */
export function nodeHeaders(res: NodeResponse): HeadersOut {
  const change = (edit: () => unknown): void => {
    const gate = gates.get(res)
    if (gate) gate.uncovered(edit)
    else edit()
  }
  const values = (name: string): string[] => [res.getHeader(name) ?? []].flat().map(String)
  return {
    get: (name) => (res.getHeader(name) === undefined ? null : values(name).join(', ')),
    set: (name, value) => change(() => res.setHeader(name, value)),
    append(name, value) {
      const all = [...values(name), value]
      change(() => res.setHeader(name, name === 'set-cookie' ? all : all.join(', ')))
    },
    delete: (name) => change(() => res.removeHeader(name)),
    getSetCookie: () => values('set-cookie'),
  }
}

class Gate {
  readonly #res: NodeResponse
  /** The methods as they were: node's own, or those of a middleware that came before. */
  readonly #inner: Methods
  readonly #hooks: HoldHooks[]
  /** Those of `#hooks` whose `before` has not begun. */
  readonly #waiting: HoldHooks[]
  #current: HoldHooks | undefined
  #state: 'open' | 'holding' | 'passing' | 'closed' = 'open'
  #calls: Call[] = []
  #ended = false
  /** Drain listeners that did not end up on the response: a compressing middleware takes them to its own stream. */
  #strays: Listener[] = []
  #uncover: (() => void) | undefined
  /** Set from the start when this gate is there for the answer after a failure: nothing passes behind that. */
  #failure: { error: unknown } | undefined

  constructor(res: NodeResponse, inner: Methods, hooks: HoldHooks[], waiting: HoldHooks[], failure?: { error: unknown }) {
    this.#res = res
    this.#inner = inner
    this.#hooks = hooks
    this.#waiting = waiting
    this.#failure = failure
    Object.assign(res, {
      writeHead: (...args: unknown[]) => this.#send('writeHead', args),
      flushHeaders: (...args: unknown[]) => this.#send('flushHeaders', args),
      write: (...args: unknown[]) => this.#send('write', args),
      end: (...args: unknown[]) => this.#send('end', args),
      on: (event: string, listener: Listener) => this.#on(event, listener),
    })
  }

  join(hooks: HoldHooks): boolean {
    if (this.#state === 'passing' || this.#state === 'closed') return false
    this.#hooks.push(hooks)
    this.#waiting.push(hooks)
    return true
  }

  /** Does what only a response allows that was not sent. */
  uncovered(edit: () => unknown): void {
    const covered = this.#uncover !== undefined
    this.#uncover?.()
    try {
      edit()
    } finally {
      if (covered) this.#cover()
    }
  }

  #send(name: Sending, args: readonly unknown[]): unknown {
    if (this.#state === 'closed') return this.#discard([name, args])
    // 101 hands the connection over, and is no answer that could wait.
    if (this.#state === 'open' && name === 'writeHead' && args[0] === 101) this.#state = 'passing'
    if (this.#state === 'passing') return this.#pass([name, args])
    if (name === 'writeHead') {
      if (this.#state === 'holding') refuse()
      this.#calls.push([name, applyHead(this.#res, args)])
    } else this.#calls.push([name, args])
    this.#ended ||= name === 'end'
    if (this.#state === 'open') {
      this.#state = 'holding'
      const results = this.#prepare()
      if (results) return results[0]
    }
    return name === 'write' ? false : this.#res
  }

  /** Runs the hooks one after another. What the held calls returned, unless something has to wait or failed. */
  #prepare(): unknown[] | undefined {
    const hooks = this.#waiting.shift()
    if (!hooks) return this.#release()
    this.#current = hooks
    let busy: ReturnType<HoldHooks['before']>
    try {
      busy = hooks.before()
    } catch (error) {
      return this.#fail(error)
    }
    if (!busy) return this.#prepare()
    if (!this.#uncover) this.#cover()
    busy.then(
      () => this.#prepare(),
      (error) => this.#fail(error),
    )
  }

  #release(): unknown[] | undefined {
    const waited = this.#uncover !== undefined
    this.#uncover?.()
    this.#uncover = undefined
    this.#state = 'passing'
    const calls = this.#calls.splice(0)
    try {
      const results = calls.map((call) => this.#pass(call))
      // A held write was answered with false. Whoever waits for drain is told, unless a real write was answered so as well.
      if (waited && !this.#ended && calls.some(([name]) => name === 'write') && !results.includes(false)) this.#drained()
      return results
    } catch (error) {
      // Node's own complaint about a call: the application's while it is there to hear it, ours when it had to wait.
      if (!waited) throw error
      if (!this.#res.headersSent) return this.#fail(error)
      this.#res.destroy(error instanceof Error ? error : undefined)
    }
  }

  #pass([name, args]: Call): unknown {
    const result: unknown = Reflect.apply(this.#inner[name], this.#res, args)
    for (const hooks of this.#hooks.splice(0)) hooks.sent()
    if (name === 'end' && this.#failure) this.#state = 'closed'
    return result
  }

  /**
   * Gives the response back as if nothing had been written. Middlewares that came after this one have seen the dropped answer (a
   * compression stream is half full): their methods are replaced, and what they still write through the old ones goes nowhere.
   */
  #fail(error: unknown): undefined {
    const res = this.#res
    this.#uncover?.()
    this.#uncover = undefined
    this.#state = 'closed'
    this.#failure = { error }
    for (const name of res.getHeaderNames()) if (ABOUT_BODY.test(name)) res.removeHeader(name)
    res.setHeader('cache-control', 'no-store')
    res.addTrailers({})
    res.statusCode = 500
    if (Object.hasOwn(res, 'statusMessage')) res.statusMessage = ''
    gates.set(res, new Gate(res, this.#inner, this.#hooks, this.#waiting, this.#failure))
    this.#current?.failed(error)
    for (const call of this.#calls.splice(0)) this.#discard(call)
  }

  #discard([name, args]: Call): unknown {
    const callback = args.findLast((arg) => typeof arg === 'function')
    if (callback) queueMicrotask(() => Reflect.apply(callback, undefined, [this.#failure?.error]))
    return name === 'write' || this.#res
  }

  /** To the application the response was sent: h3 answers a second time otherwise, and compression writes a second head. */
  #cover(): void {
    const ended = (): boolean => this.#ended
    const refused = (): typeof refuse => refuse
    this.#uncover = cover(this.#res, {
      headersSent: () => true,
      _header: () => 'held',
      finished: ended,
      writableEnded: ended,
      writableFinished: () => false,
      writableNeedDrain: () => !this.#ended && this.#calls.some(([name]) => name === 'write'),
      writableLength: () => this.#calls.reduce((sum, [, [chunk]]) => sum + sizeOf(chunk), 0),
      setHeader: refused,
      setHeaders: refused,
      appendHeader: refused,
      removeHeader: refused,
    })
  }

  #on(event: string, listener: Listener): unknown {
    Reflect.apply(this.#inner.on, this.#res, [event, listener])
    if (event === 'drain' && !this.#res.rawListeners(event).includes(listener)) this.#strays.push(listener)
    return this.#res
  }

  #drained(): void {
    const reached = this.#res.rawListeners('drain')
    this.#res.emit('drain')
    for (const listener of this.#strays.splice(0)) if (!reached.includes(listener)) listener.call(this.#res)
  }
}

/** Makes ordinary headers, by node's own rules, of those given to `writeHead`, so that `before` sees them all. What is left to give it. */
function applyHead(res: NodeResponse, args: readonly unknown[]): readonly unknown[] {
  const [status, reason, more] = args as readonly [number, unknown, unknown]
  res.statusCode = Number(status)
  if (typeof reason === 'string') res.statusMessage = reason
  const headers = typeof reason === 'string' ? more : (more ?? reason)
  if (Array.isArray(headers)) {
    const pairs = Array.isArray(headers[0]) ? headers : headers.flatMap((name, at) => (at % 2 ? [] : [[name, headers[at + 1]]]))
    for (const [name] of pairs) res.removeHeader(name)
    for (const [name, value] of pairs) res.appendHeader(name, value)
  } else for (const [name, value] of Object.entries(headers ?? {})) res.setHeader(name, value)
  return [res.statusCode]
}
