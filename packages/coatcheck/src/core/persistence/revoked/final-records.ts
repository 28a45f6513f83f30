import type { Store } from '../../../stores/store.ts'
import type { Engine } from '../../engine.ts'
import type { Contents, Forwarding } from '../../model/contents.ts'
import type { Lifetime } from '../../model/lifetime.ts'
import { unreadable } from '../stored/pending-commit.ts'
import { Records, type VersionedRecord } from '../stored/records.ts'
import type { Revocations } from './revocations.ts'

/**
 * Records of a store that shows old ones, or lets the last writer win, and whose ends and new ids are final all the same: they are decided by
 * `create` in another store. What is lost of two writes at once stays lost.
 */
export class FinalRecords extends Records {
  readonly #revoked: Revocations

  constructor(store: Store, engine: Engine, revoked: Revocations) {
    super(store, engine)
    this.#revoked = revoked
  }

  override async read(key: string): Promise<VersionedRecord | undefined> {
    const [found, known] = await Promise.all([super.read(key), this.#revoked.read(key)])
    if (known?.fault) throw unreadable(known)
    if (!known?.forwarding) return known && found
    return { ...(found ?? known), forwarding: known.forwarding }
  }

  override async update(
    known: VersionedRecord,
    contents: Contents,
    lifetime: Pick<Lifetime, 'expiresAt'>,
  ): Promise<VersionedRecord | undefined> {
    const there = await this.#revoked.read(known.key, true)
    return there && !there.forwarding ? super.update(known, contents, lifetime) : undefined
  }

  /** First where it is final. What the weaker store does with it then is of no importance. */
  override async end(known: VersionedRecord): Promise<boolean> {
    if (await this.#revoked.revoke(known.key, known.record.endsAt)) return false
    await super.end(known)
    return true
  }

  override async forward(known: VersionedRecord, to: Forwarding): Promise<boolean> {
    const there = await this.#revoked.lead(known.key, known.record.endsAt, to)
    if (there !== true && there?.forwarding?.key !== to.key) return false
    await super.forward(known, to)
    return true
  }

  override async markReplayed(known: VersionedRecord, to: Forwarding): Promise<boolean> {
    const entry = await this.#revoked.read(known.key, true)
    return entry?.forwarding ? this.#revoked.markReplayed(entry, to) : super.markReplayed(known, to)
  }
}
