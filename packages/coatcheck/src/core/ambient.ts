import { answer } from './headers.ts'
import { hold, type NodeResponse, nodeHeaders } from './hold.ts'
import type { Scope } from './scope.ts'

/** The HTTP request that this code runs in. */
export interface Ambient {
  /** The same object for all of one request. */
  readonly identity: object
  readonly res?: NodeResponse
}

/** The part of `AsyncLocalStorage` that is used here. */
interface Local {
  getStore(): Ambient | undefined
  run<T>(store: Ambient, inside: () => T): T
  enterWith(store: Ambient): void
}

/** One for all copies of this library in the process: a bundler may make several. */
const PLACE = Symbol.for('coatcheck.request')

interface Place {
  [PLACE]?: { local: Local | undefined; watching: boolean }
}

function place(): { local: Local | undefined; watching: boolean } {
  const here = globalThis as Place
  here[PLACE] ??= { local: makeLocal(), watching: false }
  return here[PLACE]
}

function makeLocal(): Local | undefined {
  const hooks = globalThis.process?.getBuiltinModule?.('node:async_hooks')
  return hooks?.AsyncLocalStorage ? new hooks.AsyncLocalStorage<Ambient>() : undefined
}

/** On Node and Deno: within a request of node:http, once `watchRequests` was called. Elsewhere, and besides: inside `within`. */
export function ambient(): Ambient | undefined {
  return place().local?.getStore()
}

/** Runs `inside` as part of the request that `identity` stands for; where the platform cannot remember that, it only runs it. */
export function within<T>(identity: object, inside: () => T): T {
  const { local } = place()
  const outer = local?.getStore()
  return local ? local.run({ identity, ...(outer?.res && { res: outer.res }) }, inside) : inside()
}

/** From here on every request that a server of node:http gets is ambient to what answers it. Bun never says when one begins. */
export function watchRequests(): void {
  const here = place()
  const channels = globalThis.process?.getBuiltinModule?.('node:diagnostics_channel')
  if (here.watching || !here.local || !channels?.subscribe) return
  here.watching = true
  channels.subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: object; response: NodeResponse }
    here.local?.enterWith({ identity: request, res: response })
  })
}

const LAST = new WeakMap<NodeResponse, Set<Scope>>()

/**
 * The last word on what `scope` answers: when the headers of `res` leave, only the newest of its cookies goes with them, whatever the
 * application put there, and the response stays out of shared caches. False for what is no response of node:http.
 */
export function lastWord(res: NodeResponse, scope: Scope): boolean {
  // These commit by call alone: what was changed and never committed is not meant to be stored.
  scope.commitsByCall = true
  const known = LAST.get(res)
  if (known) {
    known.add(scope)
    return true
  }
  const scopes = new Set([scope])
  const held = hold(res, {
    before() {
      const underWay = [...scopes].flatMap((each) => each.underWay ?? [])
      const speak = () => answer(nodeHeaders(res), scopes)
      return underWay.length > 0 ? Promise.allSettled(underWay).then(speak) : speak()
    },
    failed: () => {},
    sent: () => {
      for (const each of scopes) each.finish()
    },
  })
  if (held) LAST.set(res, scopes)
  return held
}
