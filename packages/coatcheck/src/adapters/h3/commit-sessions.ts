import { unlessOwn } from '../../core/adapter.ts'
import { knownAnswer } from './answers.ts'
import { answering } from './bound.ts'
import type { SessionConfig } from './config.ts'
import { askedOf, type H3EventLike, nodeResponseOf, preparedOf } from './event.ts'
import { sessionsWith } from './options.ts'

/** Middleware of h3 2, and `onBeforeResponse` of h3 1. */
export interface CommitSessions {
  (event: H3EventLike, next: () => unknown): Promise<unknown>
  (event: H3EventLike, response: object): Promise<void>
}

/**
 * Waits, before there is an answer, for what was changed without `await`, so that a store that fails is answered with 500:
 * `app.use(commitSessions())` in h3 2, before all other middleware, and `createApp({ onBeforeResponse: commitSessions() })` in h3 1.
 * A server of node:http does not need it. `config`: with `deviceBound`, which h3 2 needs it for: browsers are answered here, before all handlers.
 */
export function commitSessions(config?: SessionConfig | ((event: H3EventLike) => SessionConfig | undefined)): CommitSessions {
  if (typeof config === 'object') answering(config)
  const commit = async (event: H3EventLike, next: object) => {
    if (typeof next !== 'function') return before(event)
    return unlessAsked(event, typeof config === 'function' ? config(event) : config, 2, () =>
      around(event, next as () => unknown),
    )
  }
  return commit as CommitSessions
}

/** Answers what browsers ask for the device-bound sessions of this configuration, and leaves the rest to `go`. */
export function unlessAsked(
  event: H3EventLike,
  config: SessionConfig | undefined,
  version: 1 | 2,
  go: () => Promise<unknown>,
): Promise<unknown> {
  if (!config?.deviceBound) return go()
  return unlessOwn(sessionsWith(answering(config), version), askedOf(event), go, (own): unknown => own)
}

async function around(event: H3EventLike, next: () => unknown): Promise<unknown> {
  let result: unknown
  try {
    result = await next()
  } catch (error) {
    await settle(event, statusOfThrown(error))
    throw error
  }
  await settle(event, statusOf(result, event))
  return result
}

async function before(event: H3EventLike): Promise<void> {
  await settle(event, nodeResponseOf(event)?.statusCode ?? 200)
  const answer = knownAnswer(event)
  if (!answer?.isHeld) answer?.finish()
}

async function settle(event: H3EventLike, status: number): Promise<void> {
  const answer = knownAnswer(event)
  await answer?.close(status)
  answer?.put()
}

/** Of a response, an error, or any value with what `event.res` says of it. */
function statusOf(result: unknown, event: H3EventLike): number {
  if (result instanceof Error) return statusOfThrown(result)
  const isResponse = result instanceof Response || Object(result)[Symbol.for('h3.HTTPResponse')] === true
  return (isResponse && Object(result).status) || (preparedOf(event)?.status ?? 200)
}

/** h3 throws symbols for answers that are no failures. */
function statusOfThrown(error: unknown): number {
  const { status, statusCode } = Object(error)
  return typeof error === 'symbol' ? 200 : Number(status ?? statusCode ?? 500)
}
