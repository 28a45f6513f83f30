import { besides } from '../../core/adapter.ts'
import { type H3EventLike, nodeResponseOf, preparedOf, presentedOf } from '../h3/event.ts'

/** An event that Nitro began. */
interface Begun {
  readonly event: H3EventLike
  readonly came: string
  /** The event within which this one was fetched. */
  readonly outer: H3EventLike | undefined
}

const begun = besides<Begun>()
/** By context, for events that Nitro did not begin; null: it began several with one, so that the context says of none whose it is. */
const contexts = besides<Begun | null>()
/** The first event that a response of node answers. */
const firsts = besides<H3EventLike>()
/** In contexts, and so in the copies of them that Nitro 3 hands on. */
const WITHIN = Symbol.for('coatcheck.nitro.within')

/** Headers of every visitor's request that cached handlers do not see: their absence tells of them. */
const BROUGHT = ['cookie', 'user-agent']
const brought = (event: H3EventLike): string => JSON.stringify(BROUGHT.map((name) => presentedOf(event).get(name)))

/** To be told of each event before anything else sees it. */
export function begin(event: H3EventLike): void {
  const context = event.context as { [WITHIN]?: H3EventLike } | undefined
  if (!context) return
  // Nitro 2 hands the context of the outer event over as __unenv__; h3 2 the response of node.
  const theirs = (event.node as { readonly req?: { readonly __unenv__?: object } } | undefined)?.req?.__unenv__
  const res = preparedOf(event) && nodeResponseOf(event)
  const isReused = contexts.get(context) !== undefined
  const outer = (theirs && contexts.get(theirs)?.event) ?? (res && firsts.get(res)) ?? (isReused ? undefined : context[WITHIN])
  if (res && !firsts.get(res)) firsts.set(res, event)
  const own: Begun = { event, came: brought(event), outer: outer === event ? undefined : outer }
  begun.set(event, own)
  contexts.set(context, isReused ? null : own)
  // Nitro 2 shares its contexts as they are.
  if (isReused) delete context[WITHIN]
  else if (preparedOf(event)) context[WITHIN] = event
}

/**
 * Whose session an event has: that of the page which fetches it, when it presents the same, so that its cookie arrives; nobody's
 * (undefined) where the answer is kept for everybody.
 */
export function ownerOf(event: H3EventLike, header: string | undefined): H3EventLike | undefined {
  const own = begun.get(event) ?? (event.context && contexts.get(event.context))
  if (own === null) return undefined
  if (!own) return event
  // Cached handlers run on another event, or go on with a request that lacks what it brought.
  if (own.came !== brought(event) || (own.event !== event && !preparedOf(event))) return undefined
  if (!own.outer) return event
  // Nitro 2 tells so in the context that it shares.
  if ((own.outer.context as { readonly cache?: object }).cache) return undefined
  const [presented, outer] = [presentedOf(event), presentedOf(own.outer)]
  const isSame = ['cookie', header].every((name) => name === undefined || outer.get(name) === presented.get(name))
  return isSame ? ownerOf(own.outer, header) : event
}
