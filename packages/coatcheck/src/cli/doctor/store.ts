import { randomBytes } from 'node:crypto'
import type { Engine } from '../../core/engine.ts'
import { callStore } from '../../core/persistence/store-call.ts'
import { askStore } from '../../core/persistence/stored/record-access.ts'
import { SessionError } from '../../errors.ts'
import type { SessionRecord, Store, StoreFacts } from '../../stores/store.ts'
import { bytesOf, bytesText } from '../text.ts'
import { type Finding, finding } from './findings.ts'

/** So many records are looked at. */
const SAMPLE = 500
const LARGE = 65_536

/** Reaches a store, writes a record of its own there and removes it, and asks the server what it is. */
export async function lookAtStore(store: Store, engine: Engine, where: string): Promise<Finding[]> {
  const key = `doctor-${randomBytes(12).toString('hex')}`
  try {
    await askStore(engine, store, 'read', key)
  } catch (error) {
    return [failure(error, where, 'store-unreachable')]
  }
  const found: Finding[] = []
  try {
    if (!(await keepsVersions(store, engine, key)) && (store.consistency ?? 'strong') === 'strong')
      found.push(finding('store-loses-writes', where))
  } catch (error) {
    found.push(failure(error, where, 'store-refuses'))
  }
  return [...found, ...(await lookAtServer(store, engine, where)), ...(await lookAtSample(store, engine, where))]
}

/** Whether only the first of two creates, and only a write that names the newest version, is carried out. */
async function keepsVersions(store: Store, engine: Engine, key: string): Promise<boolean> {
  const now = engine.now()
  const record: SessionRecord = { data: '{"doctor":"é"}', createdAt: now, endsAt: now + 120_000, expiresAt: now + 60_000 }
  const first = await askStore(engine, store, 'create', key, record)
  if (first === undefined) return false
  let newest = first
  try {
    const again = await askStore(engine, store, 'create', key, { ...record, data: '{}' })
    const there = await askStore(engine, store, 'read', key)
    newest = (await askStore(engine, store, 'update', key, { ...record, data: '{"doctor":2}' }, first)) ?? first
    const late = await askStore(engine, store, 'update', key, { ...record, data: '{"doctor":3}' }, first)
    const isGone = await askStore(engine, store, 'delete', key, first)
    return again === undefined && there?.record.data === record.data && newest !== first && late === undefined && !isGone
  } finally {
    const left = await askStore(engine, store, 'read', key)
    if (left) await askStore(engine, store, 'delete', key, left.version)
  }
}

async function lookAtServer(store: Store, engine: Engine, where: string): Promise<Finding[]> {
  const before = Date.now()
  let facts: StoreFacts | undefined
  try {
    facts = await callStore(engine, 'read about the server', async () => store.about?.())
  } catch {
    return [] // not everybody may ask
  }
  if (!facts || facts.server === '') return []
  const { server, time, eviction, evicted = 0, memory = { used: 0, most: 0 }, loses, isolation } = facts
  const off = time - (before + Date.now()) / 2
  const dropped = evicted > 0 ? `, and has dropped ${evicted} keys since it started` : ''
  return [
    ...(eviction && eviction !== 'noeviction'
      ? [
          finding(
            'store-evicts',
            where,
            `${server} drops live sessions when its memory is full: maxmemory-policy is ${eviction}${dropped}.`,
          ),
        ]
      : []),
    ...(memory.most > 0 && memory.used > 0.9 * memory.most
      ? [finding('store-nearly-full', where, `${server} uses ${bytesText(memory.used)} of ${bytesText(memory.most)}.`)]
      : []),
    ...(loses ? [finding('store-forgets', where, `${server} loses acknowledged writes when it stops: ${loses}.`)] : []),
    ...(isolation && isTooStrict(server, isolation)
      ? [
          finding(
            'store-isolation',
            where,
            `The default isolation level of ${server} is ${isolation}: under load it undoes writes of sessions.`,
          ),
        ]
      : []),
    ...(Math.abs(off) > 5000
      ? [
          finding(
            'store-clock',
            where,
            `The clock of ${server} is ${Math.round(Math.abs(off) / 1000)} seconds ${off > 0 ? 'ahead' : 'behind'}.`,
          ),
        ]
      : []),
  ]
}

/** Repeatable read is the default of MySQL, and undoes nothing there. */
const isTooStrict = (server: string, isolation: string): boolean =>
  isolation === 'serializable' || (server.startsWith('PostgreSQL') && isolation === 'repeatable read')

async function lookAtSample(store: Store, engine: Engine, where: string): Promise<Finding[]> {
  const page = await callStore(engine, 'read some keys', async () => store.list?.(undefined, SAMPLE)).catch(() => undefined)
  if (!page) return []
  const read = () => (store.readMany ? store.readMany(page.keys) : Promise.all(page.keys.map((key) => store.read(key))))
  const all = await callStore(engine, 'read some records', async () => read()).catch(() => [])
  const records = all.flatMap((found) => (found ? [found.record] : []))
  const over = records.filter(({ expiresAt }) => expiresAt <= engine.now()).length
  const largest = Math.max(0, ...records.map(({ data }) => bytesOf(data)))
  return [
    ...(store.prune && records.length >= 20 && over > records.length / 2
      ? [finding('store-not-pruned', where, `${over} of ${records.length} records that were looked at are over.`)]
      : []),
    ...(largest > Math.min(LARGE, (store.maxBytes ?? Number.POSITIVE_INFINITY) / 2)
      ? [
          finding(
            'records-large',
            where,
            `The largest of ${records.length} records that were looked at has ${bytesText(largest)}, and each request reads one.`,
          ),
        ]
      : []),
  ]
}

const TABLE = /42P01|NO_SUCH_TABLE|no such table|ResourceNotFoundException/
const READ_ONLY = /25006|READONLY|read[- ]only|OPTION_PREVENTS/i
const FULL = /\bOOM\b|53100|DISK_FULL|RECORD_FILE_FULL|SQLITE_FULL|ENOSPC|store is full/i

function failure(error: unknown, where: string, otherwise: 'store-unreachable' | 'store-refuses'): Finding {
  const ours = error instanceof SessionError ? error : undefined
  const said = `${causesOf(error).join(' ')}`
  const code = TABLE.test(said)
    ? 'store-table-missing'
    : FULL.test(said)
      ? 'store-full'
      : READ_ONLY.test(said)
        ? 'store-read-only'
        : otherwise
  if (!ours) return finding(code, where)
  const cause = /\b(E[A-Z]{4,}|[0-9A-Z]{5}|ER_[A-Z_]+|OOM|READONLY)\b/.exec(said)?.[0]
  return finding(
    code,
    where,
    `${ours.message.slice(0, -ours.fix.length - 1)}${cause ? ` (${cause})` : ''}`,
    isGeneral(ours) ? undefined : ours.fix,
  )
}

/** The advice of the code alone says less than the table here. */
const isGeneral = ({ fix }: SessionError): boolean => fix.startsWith('See `cause`')

/** Codes and messages of an error and of what caused it; none of it is shown as it is. */
function causesOf(error: unknown, depth = 0): string[] {
  if (depth > 4 || typeof error !== 'object' || error === null) return []
  const { code, message, cause, errors } = error as { code?: unknown; message?: unknown; cause?: unknown; errors?: unknown }
  const inside = Array.isArray(errors) ? errors.flatMap((each) => causesOf(each, depth + 1)) : []
  return [String(code ?? ''), String(message ?? ''), ...causesOf(cause, depth + 1), ...inside]
}
