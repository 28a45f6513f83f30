import { randomText } from '../../crypto/random.ts'
import { impersonatorOf, levelAt } from '../model/standing.ts'
import { note } from './note.ts'
import { notBound } from './refusals.ts'
import {
  authIn,
  boundOf,
  elevate,
  endImpersonation,
  type Inside,
  impersonate,
  regenerateId,
  renew,
  requireFresh,
  signIn,
} from './sure.ts'
import type { Session } from './types.ts'

/** The members of a session that most requests do not use: each is made when it is asked for, and costs nothing before. */
export abstract class Assured
  implements
    Pick<
      Session,
      | 'authenticatedAt'
      | 'bound'
      | 'createdAt'
      | 'elevate'
      | 'endImpersonation'
      | 'expiresAt'
      | 'impersonate'
      | 'impersonator'
      | 'level'
      | 'note'
      | 'regenerateId'
      | 'requireBound'
      | 'requireFresh'
      | 'signIn'
    >
{
  protected abstract get inside(): Inside

  get authenticatedAt(): number | undefined {
    return authIn(this.inside).at
  }
  get level(): string | undefined {
    const { inside } = this
    return levelAt(authIn(inside), inside.around.now())
  }
  get bound(): Session['bound'] {
    return boundOf(this.inside)
  }
  get requireBound(): Session['requireBound'] {
    return () => {
      const { bound } = this
      if (bound !== 'bound') throw notBound(bound)
    }
  }
  /** For adapters whose frameworks know no sign-in: a new id, and the browser is asked for a key. One that was there counts no more. */
  get askForKey(): () => void {
    return () => {
      const { around, next } = this.inside
      if (!around.core.engine.deviceBound) return
      this.regenerateId()
      // Who signs in is asked already.
      if (next.move?.kind === 'regenerate') next.move = { ...next.move, bound: { sid: randomText(12) } }
    }
  }
  get createdAt(): number | undefined {
    return this.inside.lifetime?.createdAt
  }
  get expiresAt(): number | undefined {
    return this.inside.lifetime?.expiresAt
  }
  get impersonator(): string | undefined {
    const { contents } = this.inside
    return contents && impersonatorOf(contents)
  }
  get signIn(): Session['signIn'] {
    return (owner, options) => signIn(this.inside, owner, options)
  }
  get regenerateId(): Session['regenerateId'] {
    return (options) => regenerateId(this.inside, options)
  }
  /** For adapters: a new id, and the session's time begins again. */
  get renew(): () => void {
    return () => renew(this.inside)
  }
  get requireFresh(): Session['requireFresh'] {
    return (seconds, options) => requireFresh(this.inside, seconds, options)
  }
  get elevate(): Session['elevate'] {
    return (level, options) => elevate(this.inside, level, options)
  }
  get impersonate(): Session['impersonate'] {
    return (owner, options) => impersonate(this.inside, owner, options)
  }
  get endImpersonation(): Session['endImpersonation'] {
    return (options) => endImpersonation(this.inside, options)
  }
  get note(): Session['note'] {
    return ((fields) => note(this.inside, fields)) as Session['note']
  }
}
