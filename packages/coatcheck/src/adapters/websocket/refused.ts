import { REFUSALS, type RefusedReason } from '../../csrf/verdict.ts'
import { SessionError } from '../../errors.ts'
import type { WebResponse } from '../../web.ts'

/** An upgrade that a page of another site asked for. Frameworks that answer with what an error says answer 403. */
export class UpgradeRefused extends SessionError {
  readonly reason: RefusedReason
  readonly statusCode = 403

  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof SessionError && value.code === 'UPGRADE_REFUSED'
  }

  constructor(reason: RefusedReason) {
    super('UPGRADE_REFUSED', `The upgrade was refused (${reason}). ${REFUSALS[reason]}`)
    this.reason = reason
  }

  /** The answer, where crossws looks for it. */
  get response(): WebResponse {
    const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
    return new Response(`Forbidden (${this.reason}): ${REFUSALS[this.reason]}\n`, { status: 403, headers })
  }

  /** The answer, where Hono looks for it. */
  getResponse(): WebResponse {
    return this.response
  }
}
