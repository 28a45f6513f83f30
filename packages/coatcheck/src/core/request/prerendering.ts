import { SessionError } from '../../errors.ts'
import type { LiveSession } from '../session/session.ts'
import { RequestSession } from './request-session.ts'

/** Of a page that is made once for everybody: whoever asks for the session is refused. A page that does not ask is left as it is. */
export class PrerenderingSession extends RequestSession {
  /** What to do about it, in the words of the framework. */
  fix: string | undefined
  readonly isForAll = true

  override open(): Promise<LiveSession> {
    const fix = this.fix === undefined ? {} : { fix: this.fix }
    return Promise.reject(new SessionError('PRERENDERING', 'A page that is made once for everybody asked for the session.', fix))
  }
}
