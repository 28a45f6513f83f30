import { builtin } from '../../builtin.ts'
import { lazily } from '../process-singleton.ts'
import { type NodeRequest, presentedBy, type RequestHeaders } from '../request/incoming.ts'
import type { NodeResponse } from './node-response.ts'

/**
 * The request that this code seems to run in. The guess may be wrong: a callback runs in the context that registered it, or that opened its
 * connection. So the context never says who a visitor is; core/identity.ts has the rule.
 */
export interface RequestContext {
  /** The same object for all of one request. */
  readonly identity: object
  /** The headers of that request. */
  readonly presented: RequestHeaders
  /** The response of node:http that is open around it, and what the request that it answers presented. */
  readonly node?: { readonly res: NodeResponse; readonly presented: RequestHeaders }
  /** The request was answered. Code that runs in its context now belongs to another, or to nobody. */
  isOver: boolean
}

/** The part of `AsyncLocalStorage` that is used here. */
interface Local {
  getStore(): RequestContext | undefined
  run<T>(store: RequestContext, inside: () => T): T
  enterWith(store: RequestContext): void
}

interface Place {
  readonly local: Local | undefined
  watching: boolean
}

const place = lazily('context', (): Place => ({ local: makeLocal(), watching: false }))

function makeLocal(): Local | undefined {
  const hooks = builtin((node) => node.getBuiltinModule('node:async_hooks'))
  return hooks?.AsyncLocalStorage ? new hooks.AsyncLocalStorage<RequestContext>() : undefined
}

/**
 * On Node and Deno: within a request of node:http, once `watchRequests` was called. Elsewhere, and besides: inside `within`. Only while
 * it is answered.
 */
export function requestContext(): RequestContext | undefined {
  const here = place().local?.getStore()
  return here?.isOver || here?.node?.res.writableEnded ? undefined : here
}

/** Runs `inside` in the context of `request`, until what it gives has settled, and then `ended`. Some platforms have no contexts. */
export function within<T>(request: { readonly headers: RequestHeaders }, inside: () => T, ended: () => void = () => {}): T {
  const { local } = place()
  const node = local?.getStore()?.node
  const here: RequestContext = { identity: request, presented: request.headers, ...(node && { node }), isOver: false }
  const over = (): void => {
    here.isOver = true
    ended()
  }
  try {
    const result = local ? local.run(here, inside) : inside()
    if (result instanceof Promise) result.then(over, over)
    else over()
    return result
  } catch (error) {
    over()
    throw error
  }
}

/** From here on every request that a server of node:http gets is ambient to what answers it. Bun never says when one begins. */
export function watchRequests(): void {
  const here = place()
  const channels = builtin((node) => node.getBuiltinModule('node:diagnostics_channel'))
  if (here.watching || !here.local || !channels?.subscribe) return
  here.watching = true
  channels.subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: NodeRequest; response: NodeResponse }
    const presented = presentedBy(request)
    here.local?.enterWith({ identity: request, presented, node: { res: response, presented }, isOver: false })
  })
}
