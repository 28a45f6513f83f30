import {
  applyHead,
  type Call,
  isServerResponse,
  type Listener,
  type NodeResponse,
  pretend,
  refuse,
  takeBack,
} from './node-response.ts'

export { changeHeaders, type NodeResponse, nodeHeaders } from './node-response.ts'

export interface HoldHooks {
  /** Runs once, before the headers leave. When it returns no promise, nothing waits and the response stays synchronous. */
  before(): void | Promise<void>
  /**
   * `before` failed, or what was held cannot be sent. Nothing was sent, and the response is free for another answer, its status
   * already 500. Answer at once: until that answer ends, what the application still writes becomes part of it. Must not throw.
   */
  failed(error: unknown): void
  /** The headers have left, or nobody is there to read them; after a failure, when that is answered. Must not throw. */
  sent(): void
}

type Methods = Required<Pick<NodeResponse, Call[0] | 'on'>>

/** No WeakMap: entries that lead back to their keys cost the garbage collector more than all the rest together. */
const GATE: unique symbol = Symbol.for('coatcheck.gate.1')

interface Gated extends NodeResponse {
  [GATE]?: Gate
}

/**
 * Holds a response: `before` runs when its headers are about to be sent, and nothing is sent until it is done. What the application
 * does meanwhile is carried out afterwards, in order; to the application the response looks as if it had been sent. The hooks of
 * several holds run one after another. False, and nothing touched, for what is no response of node:http or node:http2 (mocks), and
 * for one whose headers have left.
 */
export function delayHeaders(res: NodeResponse, hooks: HoldHooks): boolean {
  const gated: Gated = res
  if (gated[GATE]) return gated[GATE].join(hooks)
  if (!isServerResponse(res) || res.headersSent) return false
  const { writeHead, flushHeaders = () => {}, write, end, on } = res
  new Gate(res, { writeHead, flushHeaders, write, end, on }, [hooks])
  return true
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
  readonly #calls: Call[] = []
  #reveal: (() => void) | undefined
  /** Listeners for drain that are not on the response: a compressing middleware that came before takes them to its own stream. */
  readonly #strays: Listener[] = []
  /** Set from the start when this gate replaces one that failed: then one answer goes through, and nothing after it. */
  #failure: { readonly error: unknown } | undefined

  constructor(res: NodeResponse, inner: Methods, hooks: HoldHooks[], failed?: Gate) {
    this.#res = res
    this.#inner = inner
    this.#hooks = hooks
    this.#waiting = failed ? failed.#waiting : [...hooks]
    if (failed) this.#failure = failed.#failure
    const send =
      (name: Call[0]) =>
      (...args: unknown[]): unknown =>
        this.#send([name, args])
    // With `res.end = …`, V8 would keep each response until the next full collection (docs/decisions/035-what-a-request-leaves-behind.md).
    Object.assign(res, {
      [GATE]: this,
      writeHead: send('writeHead'),
      flushHeaders: send('flushHeaders'),
      write: send('write'),
      end: send('end'),
      on: (event: string, listener: Listener): unknown => this.#on(event, listener),
    })
  }

  join(hooks: HoldHooks): boolean {
    if (this.#state === 'passing' || this.#state === 'closed') return false
    this.#hooks.push(hooks)
    this.#waiting.push(hooks)
    return true
  }

  #send(call: Call): unknown {
    const [name, args] = call
    if (this.#state === 'closed') return this.#discard(call)
    // 101 hands the connection over, and is no answer that could wait.
    if (this.#state === 'open' && name === 'writeHead' && args[0] === 101) this.#state = 'passing'
    if (this.#state === 'passing') return this.#pass(call)
    if (this.#state === 'holding' && name === 'writeHead') return refuse()
    this.#calls.push(name === 'writeHead' ? [name, applyHead(this.#res, args)] : call)
    if (this.#state === 'open') {
      this.#state = 'holding'
      const results = this.#prepare()
      if (results) return results[0]
    }
    return name === 'write' ? false : this.#res
  }

  /** Runs the hooks one after another. The results of the held calls, or nothing when a hook waits or has failed. */
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
    this.#reveal ??= pretend(this.#res, this.#calls)
    busy.then(
      () => this.#prepare(),
      (error) => this.#fail(error),
    )
    return undefined
  }

  #release(): unknown[] | undefined {
    const waited = this.#reveal !== undefined
    const calls = this.#open('passing')
    let results: unknown[]
    try {
      results = calls.map((call) => this.#pass(call))
    } catch (error) {
      // Node's complaint about a call goes to the application; when that had to wait, nobody is there to hear it any more.
      if (!waited) throw error
      if (!this.#res.headersSent) return this.#fail(error)
      this.#res.destroy(error instanceof Error ? error : undefined)
      return undefined
    }
    if (waited) this.#drained(calls, results)
    return results
  }

  /** Ends the holding. What was held. */
  #open(state: 'passing' | 'closed'): Call[] {
    this.#reveal?.()
    this.#reveal = undefined
    this.#state = state
    return this.#calls.splice(0)
  }

  #pass([name, args]: Call): unknown {
    const result: unknown = Reflect.apply(this.#inner[name], this.#res, args)
    for (const hooks of this.#hooks.splice(0)) hooks.sent()
    if (name === 'end' && this.#failure) this.#state = 'closed'
    return result
  }

  /**
   * Gives the response back as if nothing had been written. Middlewares that came later have seen the dropped answer (a compression
   * stream is half full): their methods are replaced, and what they still write through the old ones goes nowhere.
   */
  #fail(error: unknown): undefined {
    const calls = this.#open('closed')
    this.#failure = { error }
    takeBack(this.#res)
    new Gate(this.#res, this.#inner, this.#hooks, this)
    this.#current?.failed(error)
    for (const call of calls) this.#discard(call)
  }

  #discard([name, args]: Call): unknown {
    const callback = args.findLast((arg) => typeof arg === 'function')
    if (callback) queueMicrotask(() => Reflect.apply(callback, undefined, [this.#failure?.error]))
    return name === 'write' ? true : this.#res
  }

  #on(event: string, listener: Listener): unknown {
    Reflect.apply(this.#inner.on, this.#res, [event, listener])
    if (event === 'drain' && !this.#res.rawListeners(event).includes(listener)) this.#strays.push(listener)
    return this.#res
  }

  /** Emits `drain` for writers that a held write stopped, unless a real write stopped them again. */
  #drained(calls: Call[], results: unknown[]): void {
    const strays = this.#strays.splice(0)
    const names = calls.map(([name]) => name)
    if (!names.includes('write') || names.includes('end') || results.includes(false)) return
    const reached = this.#res.rawListeners('drain')
    this.#res.emit('drain')
    for (const listener of strays) if (!reached.includes(listener)) listener.call(this.#res)
  }
}
