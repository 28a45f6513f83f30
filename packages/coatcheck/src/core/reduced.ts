import { SessionError } from '../errors.ts'
import type { Emit } from './model/events.ts'
import type { LiveSession } from './session/session.ts'

/**
 * Sets a value, or leaves it as flash, as frameworks do that keep the JSON of whatever they are given: of one that the engine refuses,
 * such as an instance of a class, the JSON is stored, with the event `reduced`. Undefined removes it. Whether only the JSON was stored;
 * throws the refusal for what has no JSON either, such as a circle.
 */
export function setOrReduce(
  session: LiveSession,
  emit: Emit,
  key: string,
  value: unknown,
  kind: 'set' | 'flash' = 'set',
): boolean {
  const put = (storable: unknown): void => {
    if (storable !== undefined) session[kind](key, storable)
    else if (kind === 'flash') session.flash(key)
    else session.delete(key)
  }
  try {
    put(value)
    return false
  } catch (error) {
    if (!(error instanceof SessionError) || error.code !== 'BAD_VALUE') throw error
    put(jsonOf(value, error))
    const { handle } = session
    emit({ type: 'reduced', key, ...(handle !== undefined && { handle }) })
    return true
  }
}

/** What is left of a value in JSON; undefined if nothing is. Throws `refusal`, if there is one, for what has no JSON. */
export function jsonOf(value: unknown, refusal?: SessionError): unknown {
  try {
    const text = JSON.stringify(value)
    return text && JSON.parse(text)
  } catch (error) {
    throw refusal ?? error
  }
}
