import type { Row } from '../browse.ts'
import { bytes, short, when } from '../format.ts'
import { type Html, html } from '../html.ts'
import { isPrivate, keyName, preview } from '../redact.ts'

/** By what a page of sessions is sorted. */
export const SORTS = { seen: 'last seen', began: 'began', ends: 'ends', owner: 'owner', size: 'size' } as const
export type Sort = keyof typeof SORTS

const ORDERS: Readonly<Record<Sort, (a: Row, b: Row) => number>> = {
  seen: (a, b) => b.lastSeenAt - a.lastSeenAt,
  began: (a, b) => b.createdAt - a.createdAt,
  ends: (a, b) => a.expiresAt - b.expiresAt,
  owner: (a, b) => (a.owner === undefined ? 1 : 0) - (b.owner === undefined ? 1 : 0) || compare(a.owner ?? '', b.owner ?? ''),
  size: (a, b) => (b.bytes ?? 0) - (a.bytes ?? 0),
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const sorted = (rows: readonly Row[], sort: Sort): readonly Row[] =>
  [...rows].sort((a, b) => ORDERS[sort](a, b) || compare(a.handle, b.handle))

/** What an application noted of a device, without what a name says is private. */
export function noteText(note: Row['note']): string {
  return Object.entries(note ?? {})
    .filter(([name]) => !isPrivate(name))
    .map(
      ([name, value]) => `${keyName(name)}: ${typeof value === 'string' ? value.slice(0, 80) : preview(value, [name], 'names')}`,
    )
    .join(', ')
}

export const sessionLink = (handle: string): Html => html`<a class="mono" href="?session=${handle}">${short(handle)}</a>`

export function ownerLink({ owner, digest, impersonator }: Pick<Row, 'owner' | 'digest' | 'impersonator'>): Html {
  if (owner === undefined) return html`<span class="quiet">guest</span>`
  const link = digest === undefined ? html`${owner}` : html`<a href="?owner=${digest}">${owner}</a>`
  return impersonator === undefined
    ? link
    : html`${owner} <span class="tag">by ${html`<a href="?owner=${digest}">${impersonator}</a>`}</span>`
}

/** Where nobody can look into a session its handle leads to what this process saw of it. */
export const eventsLink = (handle: string): Html =>
  html`<a class="mono" href="?view=events&amp;of=${handle}">${short(handle)}</a>`

interface TableOptions {
  readonly now: number
  readonly caption: string
  /** What stands in the last column. Without it there is none. */
  readonly end?: (row: Row) => Html
  /** Nobody can look into these sessions. */
  readonly isShut?: boolean
}

export function rowsTable(rows: readonly Row[], { now, caption, end, isShut }: TableOptions): Html {
  return html`<table>
<caption class="unseen">${caption}</caption>
<thead><tr><th scope="col">Session</th>${!end && html`<th scope="col">Owner</th>`}<th scope="col" class="wide">Note</th><th scope="col" class="wide">Began</th><th scope="col">Seen</th><th scope="col">Ends</th><th scope="col" class="num wide">Record</th>${end && html`<th scope="col"><span class="unseen">End</span></th>`}</tr></thead>
<tbody>${rows.map(
    (row) => html`
<tr><th scope="row">${(isShut ? eventsLink : sessionLink)(row.handle)}</th>${!end && html`<td>${ownerLink(row)}</td>`}<td class="wide value">${noteText(row.note)}</td><td class="wide">${when(row.createdAt, now)}</td><td>${when(row.lastSeenAt, now)}</td><td>${when(Math.min(row.expiresAt, row.endsAt), now)}</td><td class="num wide">${row.bytes === undefined ? '–' : bytes(row.bytes)}</td>${end && html`<td class="num">${end(row)}</td>`}</tr>`,
  )}
</tbody></table>`
}
