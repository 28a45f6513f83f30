import { type Ambient, ambient } from './ambient.ts'
import { answerByCall } from './headers.ts'
import { hold, type NodeResponse, nodeHeaders } from './hold.ts'
import { areSame, type Sharing } from './identity.ts'
import type { Core } from './recognise.ts'
import type { Scope } from './scope.ts'
import type { Presented } from './transport.ts'

/** Scopes that somebody has: of these, one whose ticket opened nothing is not given to a second. */
const taken = new WeakSet<Scope>()

/** Says that this scope is that of an object of the framework: who is found by the async context shares it with a live ticket only. */
export const take = (scope: Scope): void => void taken.add(scope)

/** The open scope of a call that was given nothing but what its visitor presented. It commits by call alone. */
export async function openInContext(sharing: Sharing, presented: Presented): Promise<Scope> {
  const here = ambient()
  if (here && presentsTheSame(sharing.core, here.presented, presented)) {
    const scope = sharing.scope(here.identity, presented)
    const isFirst = !taken.has(scope)
    take(scope)
    await scope.open()
    if (scope.isProven || isFirst) {
      keepPrivate(here, scope)
      scope.commitsByCall = true
      lastWord(here, scope, presented)
      return scope
    }
  }
  const own = sharing.detached(presented)
  own.commitsByCall = true
  if (here) keepPrivate(here, own)
  await own.open()
  return own
}

/** Whether both present the same to these sessions, and not nothing. */
function presentsTheSame({ transport }: Core, one: Presented, other: Presented): boolean {
  const [first, second] = [transport.arrival(one), transport.arrival(other)]
  return (
    areSame(first.credentials, second.credentials) && second.groups.some(({ values }) => values.some((value) => value !== ''))
  )
}

/** What the headers of a response of node:http depend on. */
interface Response {
  readonly scopes: Set<Scope>
  /** Sessions that were asked for while it was made, whoever asked. */
  readonly beside: Set<Scope>
}

const responses = new WeakMap<NodeResponse, Response>()

/**
 * The last word on what an open scope answers: when the headers of the response around `here` leave, the newest of its lines goes with
 * them, whatever the application did with those it was given. Only where the request that this response answers presented the same
 * ticket itself, and the ticket opened the session: else it is not the scope's own. `left`: its headers have.
 */
export function lastWord({ node }: Ambient, scope: Scope, presented: Presented): 'kept' | 'left' | 'not its own' {
  if (!node || !scope.isProven || !presentsTheSame(scope.core, node.presented, presented)) return 'not its own'
  return speakOn(node.res, scope) ? 'kept' : 'left'
}

/** `lastWord` for a response that is known to be this scope's. */
export function speakOn(res: NodeResponse, scope: Scope): boolean {
  // These commit by call alone: what was changed and never committed is not meant to be stored.
  scope.commitsByCall = true
  const response = watched(res)
  response?.scopes.add(scope)
  return response !== undefined
}

/**
 * A response in whose context somebody was shown a session, or began one, stays out of shared caches. That is all the context can do to it.
 */
export function keepPrivate({ node }: Ambient, scope: Scope): void {
  if (node) watched(node.res)?.beside.add(scope)
}

function watched(res: NodeResponse): Response | undefined {
  const known = responses.get(res)
  if (known) return known
  const response: Response = { scopes: new Set(), beside: new Set() }
  const { scopes } = response
  const isHeld = hold(res, {
    before() {
      const underWay = [...scopes].flatMap((each) => each.underWay ?? [])
      const speak = () => complete(res, response)
      return underWay.length > 0 ? Promise.allSettled(underWay).then(speak) : speak()
    },
    failed: () => {},
    sent: () => {
      for (const each of scopes) each.finish()
    },
  })
  if (isHeld) responses.set(res, response)
  return isHeld ? response : undefined
}

function complete(res: NodeResponse, { scopes, beside }: Response): void {
  for (const core of new Set([...beside, ...scopes].map((scope) => scope.core))) {
    const shows = [...beside].some((scope) => scope.core === core && (scope.presents || scope.gave.size > 0))
    answerByCall(nodeHeaders(res), core, scopes, shows)
  }
}
