import { AsyncLocalStorage } from 'node:async_hooks'
import type { SessionEvent, Store } from 'coatcheck'
import type { Html } from './html.ts'

export interface StoreCall {
  readonly name: string
  /** Whether it found, or did, what it was asked for; undefined while it is under way, and for good if it failed. */
  hit?: boolean
}

/** What happened to the session in one request. Tickets in here are shortened: nobody can use them. */
export interface Trace {
  readonly method: string
  readonly path: string
  /** What the page calls the trial that this request belongs to. */
  readonly trial: string | undefined
  readonly ticketBefore: string | undefined
  readonly calls: StoreCall[]
  readonly events: SessionEvent[]
  status: number
  headers: readonly (readonly [name: string, value: string])[]
  /** Undefined: nothing was said about it. Empty: it was taken away. */
  ticketGiven: string | undefined
  /** Set by a page that wants to show all this: draws the panel from the requests before it and this one. */
  panel?: (steps: readonly Trace[]) => Html
}

/** Stands in a page where the panel will be. No text of the shop can contain it, since `<` is escaped in all of them. */
export const PANEL = '<!--panel-->'

const SHOWN = ['set-cookie', 'cache-control', 'vary', 'location']
const current = new AsyncLocalStorage<Trace>()

export function trace(): Trace | undefined {
  return current.getStore()
}

/** For `onEvent`: the engine calls it in the course of the request that it is about. */
export function noteEvent(event: SessionEvent): void {
  trace()?.events.push(event)
}

/** The same store, with every call noted in the request that makes it. */
export function watched<S extends Store & Required<Pick<Store, 'touch'>>>(store: S): S {
  async function noted<T>(name: string, result: Promise<T>): Promise<T> {
    const call: StoreCall = { name }
    trace()?.calls.push(call)
    const value = await result
    call.hit = value !== undefined && value !== false
    return value
  }
  return {
    ...store,
    read: (key) => noted('read', store.read(key)),
    create: (key, record, from) => noted('create', store.create(key, record, from)),
    update: (key, record, version) => noted('update', store.update(key, record, version)),
    delete: (key, version) => noted('delete', store.delete(key, version)),
    touch: (key, expiresAt, version) => noted('touch', store.touch(key, expiresAt, version)),
  }
}

/**
 * Wraps the whole shop. The panel of a page can only be drawn when the session has been committed and the headers are known, which
 * is after the page was written: so the page leaves a gap, and it is filled here, last of all.
 */
export function traced<Env>(
  handle: (request: Request, env: Env) => Response | Promise<Response>,
  cookieNameAt: (path: string) => string,
) {
  const history = new History()
  return (request: Request, env: Env): Promise<Response> => {
    const { method, url, headers } = request
    const path = new URL(url).pathname
    const cookieName = cookieNameAt(path)
    const trial = headers.get('x-trial') ?? undefined
    const step: Trace = {
      method,
      path,
      trial,
      ticketBefore: shortened(valueIn(headers.get('cookie') ?? '', cookieName)),
      calls: [],
      events: [],
      status: 0,
      headers: [],
      ticketGiven: undefined,
    }
    return current.run(step, async () => {
      const response = await handle(request, env)
      step.status = response.status
      const given = response.headers.getSetCookie().find((line) => line.startsWith(`${cookieName}=`))
      const ticket = valueIn(given ?? '', cookieName)
      step.ticketGiven = shortened(ticket)
      step.headers = [...response.headers]
        .filter(([name]) => SHOWN.includes(name))
        .map(([name, value]) => [name, ticket ? value.replace(ticket, shorten) : value])
      if (method === 'POST' || (trial && !step.panel)) history.add(step)
      if (!step.panel) return response
      const [page, panel] = [await response.text(), String(await step.panel([...history.take(step), step]))]
      return new Response(
        page.replace(PANEL, () => panel),
        response,
      )
    })
  }
}

/** The value of a cookie in a `Cookie` or a `Set-Cookie` header. */
export function valueIn(cookies: string, name: string): string | undefined {
  const found = cookies.split(/; */).find((cookie) => cookie.startsWith(`${name}=`))
  return found?.slice(name.length + 1)
}

/** Six characters of a ticket's MAC: enough to tell two apart, and nothing to go by. A ticket begins with a version and its key's name. */
export function shorten(ticket: string): string {
  return `…${ticket.slice(8, 14)}…`
}

function shortened(ticket: string | undefined): string | undefined {
  return ticket === undefined || ticket === '' ? ticket : shorten(ticket)
}

const SESSIONS = 200
const STEPS = 40

/** What was posted in a session since it last showed a page, so that the page after a redirect can tell of it; and what a trial sent. */
class History {
  readonly #steps = new Map<string, Trace[]>()

  add(step: Trace): void {
    const handle = handleOf(step)
    if (handle === undefined) return
    const steps = this.#steps.get(handle) ?? []
    this.#steps.delete(handle)
    this.#steps.set(handle, [...steps, step].slice(-STEPS))
    const [oldest] = this.#steps.keys()
    if (this.#steps.size > SESSIONS && oldest !== undefined) this.#steps.delete(oldest)
  }

  take(step: Trace): readonly Trace[] {
    const handle = handleOf(step) ?? ''
    const steps = this.#steps.get(handle) ?? []
    this.#steps.delete(handle)
    return steps
  }
}

/** The trial, or the session as this request left it. */
function handleOf({ trial, events }: Trace): string | undefined {
  if (trial !== undefined) return `trial ${trial}`
  const last = events.findLast((event) => event.type === 'committed' || event.type === 'loaded')
  return last?.handle
}
