import { onlyLooks } from '../session/refusals.ts'
import type { LiveSession } from '../session/session.ts'
import { type Committed, NOTHING_DONE } from './commit.ts'
import { RequestSession } from './request-session.ts'

/**
 * Of a request that only looks, such as a prefetch or an upgrade: it stores, moves and removes nothing, and no cookie leaves. Flash values are
 * shown and stay. Whoever changes something is refused.
 */
export class ReadOnlySession extends RequestSession {
  /** What to do about it, in the words of the framework. */
  fix: string | undefined

  constructor(...given: ConstructorParameters<typeof RequestSession>) {
    super(...given)
    this.request.onlyLooks = true
  }

  override async open(): Promise<LiveSession> {
    this.commitsByCall = true // at the end nothing is left to commit
    const session = await super.open()
    session.isBlocked = true
    return session
  }

  override admit(what: string): void {
    throw this.request.failed(onlyLooks(what, this.fix))
  }

  override commit(): Committed {
    // Where a value was changed from the inside, nobody asked first.
    if (this.session?.changed) throw this.request.failed(onlyLooks('A change inside a value', this.fix))
    return NOTHING_DONE
  }
}
