import { isHandle, MOST_READ, type Row, type RowPage } from '../browse.ts'
import { grouped, plural, short, when } from '../format.ts'
import { type Html, html } from '../html.ts'
import { layout, scrolling } from '../layout.ts'
import type { Recording } from '../recorder.ts'
import type { Site } from '../site.ts'
import { endedIn, endedNotice } from './owner.ts'
import type { Query } from './query.ts'
import { eventsLink, noteText, rowsTable, SORTS, type Sort, sessionLink, sorted } from './rows.ts'

const LIMITS = ['50', '200', '500'] as const
/** What a search looks in. Owners are found by their digest: no address names a person. */
export const PLACES = { owner: 'owner', handle: 'handle', note: 'note' } as const

/** The sessions that there are, a page at a time, or those that a search finds. */
export async function sessionsPage(site: Site, query: Query): Promise<Html> {
  const content = site.browser?.lists ? await listed(site, query) : met(site)
  return layout({
    title: 'Sessions',
    view: 'sessions',
    content: [endedNotice(endedIn(query)), figures(site), search(query), content],
  })
}

async function listed(site: Site, query: Query): Promise<Html> {
  const sort = query.one('sort', Object.keys(SORTS) as Sort[])
  const limit = Number(query.one('limit', LIMITS))
  const isWanted = wanted(query)
  const after = query.text('after')
  const page = await site.browser?.page(after, limit, isWanted)
  const rows = sorted(page?.rows ?? [], sort)
  const now = site.now()
  return html`<section class="sheet flush" aria-labelledby="list">
<div class="more"><h2 id="list">${isWanted ? 'Found' : after === undefined ? 'First page' : 'Next page'}</h2>
<form class="find" action="?"><input type="hidden" name="view" value="sessions">${['in', 'q', 'after'].map((name) => {
    const value = query.text(name)
    return value !== undefined && html`<input type="hidden" name="${name}" value="${value}">`
  })}
<label for="sort">Sort this page by</label>${select('sort', sort, Object.entries(SORTS))}
<label for="limit">Read</label>${select(
    'limit',
    String(limit),
    LIMITS.map((each) => [each, each] as const),
  )}<button>Show</button></form></div>
${rows.length > 0 ? scrolling('Sessions', rowsTable(rows, { now, caption: 'Sessions' })) : html`<p class="empty quiet">No session here.</p>`}
${below(page, query, isWanted !== undefined)}
</section>`
}

function below(page: RowPage | undefined, query: Query, isSearch: boolean): Html {
  const { rows = [], read = 0, unread = 0, next } = page ?? {}
  const why = isSearch
    ? ` A search goes through the store, ${grouped(MOST_READ)} records at a time.`
    : ' The store lists by its own order, so a page is sorted by itself.'
  return html`<p class="more"><span class="quiet">${plural(rows.length, 'session')} in ${plural(read, 'record')} read${unread > 0 && `, of which ${grouped(unread)} cannot be opened here`}.${why}</span>
${query.text('after') !== undefined && html`<a href="${query.with({ after: undefined })}">From the beginning</a>`}
${next !== undefined && html`<a href="${query.with({ view: 'sessions', after: next })}" rel="next">${isSearch ? 'Look further' : 'Next page'}</a>`}</p>`
}

/** What a search that goes through the store is looking for. */
function wanted(query: Query): ((row: Row) => boolean) | undefined {
  const text = query.text('q')?.toLowerCase()
  if (text === undefined) return undefined
  if (query.one('in', ['note', 'handle']) === 'handle') return ({ handle }) => handle.startsWith(text)
  return ({ note }) => noteText(note).toLowerCase().includes(text)
}

function search(query: Query): Html {
  const place = query.one('in', Object.keys(PLACES))
  return html`<form class="find" method="post" action="?" role="search">
<input type="hidden" name="do" value="search">
<div class="field"><label for="in">Search by</label>${select('in', place, Object.entries(PLACES))}</div>
<div class="field grow"><label for="q">Owner's name, handle or its beginning, or words of a note</label><input id="q" name="q" value="${query.text('q')}" autocomplete="off" spellcheck="false"></div>
<button>Search</button></form>`
}

function select(name: string, chosen: string, options: readonly (readonly [string, string])[]): Html {
  return html`<div><select id="${name}" name="${name}">${options.map(
    ([value, text]) => html`<option value="${value}"${value === chosen && html` selected`}>${text}</option>`,
  )}</select></div>`
}

/** Where nothing can be listed: what this process has met. */
function met(site: Site): Html {
  const { browser, recording, core } = site
  const why = browser
    ? 'This store cannot list its sessions.'
    : core.persistence.kind === 'sealed'
      ? 'These sessions are nowhere but in the cookies of their visitors.'
      : "These sessions are kept by the application's own functions, which cannot list them."
  const seen = recording?.seen.latest() ?? []
  const now = site.now()
  const rows = seen.map(
    ({ handle, owner, at, type }) => html`
<tr><th scope="row">${(browser ? sessionLink : eventsLink)(handle)}</th><td>${owner === undefined ? html`<span class="quiet">guest</span>` : html`<a class="mono" href="?owner=${owner}">${short(owner)}</a>`}</td><td>${when(at, now)}</td><td>${type}</td></tr>`,
  )
  return html`<section class="sheet flush" aria-labelledby="list">
<div class="more"><h2 id="list">Met by this process</h2><p class="quiet">${why} ${recording ? 'These are the last that this process has met, and not all that there are.' : NOBODY_RECORDS}</p></div>
${
  rows.length > 0 &&
  scrolling(
    'Sessions',
    html`<table><caption class="unseen">Sessions that this process has met</caption><thead><tr><th scope="col">Session</th><th scope="col">Owner, as a digest</th><th scope="col">Met</th><th scope="col">Last event</th></tr></thead><tbody>${rows}</tbody></table>`,
  )
}
</section>`
}

export const NOBODY_RECORDS = 'Nothing is recorded: give createSessions `telemetry: recorder()` of coatcheck/inspector.'

/** The last hour in numbers. */
function figures({ recording, now }: Site): Html | undefined {
  if (!recording) return undefined
  const at = now()
  return html`<dl class="figures" aria-label="This process, in the last hour">${Object.entries(sums(recording, at)).map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`
}

function sums({ hour }: Recording, now: number): Readonly<Record<string, string>> {
  const buckets = hour.until(now)
  const total = (count: (bucket: (typeof buckets)[number]) => number) =>
    grouped(buckets.reduce((sum, bucket) => sum + count(bucket), 0))
  const all = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((sum, each) => sum + each, 0)
  const newest = Math.max(buckets.at(-1)?.active ?? 0, buckets.at(-2)?.active ?? 0)
  return {
    'Active, a minute': grouped(newest),
    'Created, an hour': total(({ created }) => created),
    'Ended, an hour': total(({ ended }) => all(ended)),
    'Refused, an hour': total(({ refused }) => all(refused)),
    'Conflicts, an hour': total(({ conflicts }) => conflicts),
    'Store calls, an hour': total(({ calls }) => calls),
  }
}

/** Where a search leads: an address without a person's name. */
export async function searchLeadsTo(
  place: string,
  text: string,
  digestOf: (owner: string) => Promise<string> | string,
): Promise<string> {
  const asked = text.trim().slice(0, 300)
  if (asked === '') return '?view=sessions'
  if (place === 'owner') return `?owner=${isHandle(asked) ? asked : await digestOf(asked)}`
  if (place === 'handle' && isHandle(asked.toLowerCase())) return `?session=${asked.toLowerCase()}`
  return `?${new URLSearchParams({ view: 'sessions', in: place === 'handle' ? 'handle' : 'note', q: asked })}`
}
