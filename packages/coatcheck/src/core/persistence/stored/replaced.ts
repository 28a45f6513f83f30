import { SessionError } from '../../../errors.ts'
import type { Engine, Refused } from '../../engine.ts'
import type { Forwarding } from '../../model/contents.ts'
import { isOver, SKEW } from '../../model/lifetime.ts'
import type { Ends } from './ends.ts'
import { perhapsEvicted, replacedTicket, unreadable } from './pending-commit.ts'
import type { Records, VersionedRecord } from './records.ts'

/** More new ids than a session is given while an old ticket is still about. */
const LONGEST_CHAIN = 100

interface Alarm {
  readonly alarm?: Refused['alarm']
  readonly isEnded?: boolean
}

/** Decides what the old ticket still opens after a new id, and raises the alarm when it comes later than that. */
export class ReplacedTickets {
  readonly #records: Records
  readonly #engine: Engine
  readonly #ends: Pick<Ends, 'end'>

  constructor(records: Records, engine: Engine, ends: Pick<Ends, 'end'>) {
    this.#records = records
    this.#engine = engine
    this.#ends = ends
  }

  /** undefined: within `grace` it shows what the session was before; nothing, where it cannot be read here whether that has ended. */
  async judge(
    found: VersionedRecord,
    forwarding: Forwarding,
    arrivedAt: number,
    onlyLooks = false,
  ): Promise<Refused | undefined> {
    const refused = { refused: 'replaced', handle: found.key } as const
    const target = await this.#target(forwarding)
    if (!target) return { ...refused, ...(this.#records.store.evicts && { cannotEnd: perhapsEvicted() }) }
    if (arrivedAt <= this.#records.graceEnd(forwarding))
      return (
        target.fault && {
          ...refused,
          refused: target.fault,
          ...(target.fault !== 'revoked-key' && { blocked: unreadable(target) }),
        }
      )
    const { alarm, isEnded = false } =
      forwarding.replayed || onlyLooks ? {} : await this.#find(found, forwarding, target, arrivedAt)
    if (isEnded) return { ...refused, alarm }
    const cannotEnd = replacedTicket()
    // After this time no request of the same browser is under way, so a new session cannot overwrite its sign-in.
    const mayOverwrite = arrivedAt <= (forwarding.at ?? 0) + this.#engine.maxRequestTime + SKEW
    return { ...refused, alarm, cannotEnd, ...(mayOverwrite && { blocked: cannotEnd }) }
  }

  /** Where the session is now; undefined: it has ended. */
  async #target(from: Forwarding): Promise<VersionedRecord | undefined> {
    let found = await this.#records.read(from.key)
    for (let hop = 0; found?.forwarding && hop < LONGEST_CHAIN; hop++) found = await this.#records.read(found.forwarding.key)
    return found && (found.fault || !isOver(found.record, this.#engine.now())) ? found : undefined
  }

  /** Once for each old ticket: the alarm, and whether the session was ended for it. */
  async #find(found: VersionedRecord, forwarding: Forwarding, target: VersionedRecord, usedAt: number): Promise<Alarm> {
    const { emit, onReplay } = this.#engine
    let alarm: Refused['alarm']
    try {
      if (!(await this.#records.markReplayed(found, forwarding))) return {}
      const { at: movedAt = 0, note } = forwarding
      const event = { type: 'replayed', handle: target.key, movedAt, usedAt, ...(note !== undefined && { note }) } as const
      alarm = (tell) => tell(event, target.contents)
      const { owner } = found.record
      // Anybody may plant a guest's ticket: it must not sign out the person who signed in with it.
      if (onReplay === 'report' || owner === undefined || owner !== target.record.owner) return { alarm }
      const { store } = this.#records
      const keys = onReplay === 'endOwner' ? ((await store.listByOwner?.(owner)) ?? []) : []
      const failures: unknown[] = []
      for (const key of new Set([target.key, ...keys])) await this.#end(key).catch((error) => failures.push(error))
      if (failures.length > 0) throw failures[0]
      return { alarm, isEnded: true }
    } catch (cause) {
      const error = new SessionError('STORE_FAILED', 'What an old ticket brings about was not carried out.', { cause })
      emit({ type: 'late-failed', error }, target.contents)
      return { alarm }
    }
  }

  async #end(key: string): Promise<void> {
    const request = { arrivedAt: this.#engine.now(), mayResend: false }
    const found = await this.#records.read(key)
    if (!found) return
    await this.#ends.end({ request }, found)
    if (!found.forwarding) this.#engine.emit({ type: 'ended', reason: 'replayed', handle: key }, found.contents)
  }
}
