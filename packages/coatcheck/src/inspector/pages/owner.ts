import { ownerDigest } from '../../core/inspecting.ts'
import type { Row } from '../browse.ts'
import { plural, short } from '../format.ts'
import { type Html, html } from '../html.ts'
import { layout, scrolling } from '../layout.ts'
import type { Site } from '../site.ts'
import type { Query } from './query.ts'
import { rowsTable, sorted } from './rows.ts'

const LIMIT = 200

interface Owned {
  readonly digest: string
  readonly name: string | undefined
  readonly rows: readonly Row[]
  /** The query of the next page. */
  readonly next?: string | undefined
}

/** The sessions of one owner, each with a button that ends it. */
export async function ownerPage(site: Site, digest: string, query: Query): Promise<Html> {
  const { rows = [], next } = (await site.browser?.ofOwner(digest, query.text('after'), LIMIT)) ?? {}
  // Of a session that somebody acts in as another person, the list is that of who acts.
  const own = rows.find((row) => row.digest === digest)
  const name = own?.impersonator ?? own?.owner
  const more = next === undefined ? undefined : query.with({ owner: digest, after: next })
  return pageOf(site, { digest, name, rows, next: more }, endedIn(query))
}

/** The same where only `sessions.list()` finds them, by a name that no address is to hold: the answer to a form. */
export async function namedOwnerPage(site: Site, name: string, ended?: number): Promise<Html> {
  const { sessions } = await site.sessions.list(name, { limit: LIMIT })
  const digest = await ownerDigest(name)
  const rows = sessions.map((session): Row => ({ ...session, digest, endsAt: session.expiresAt, bytes: undefined }))
  return pageOf(site, { digest, name, rows }, ended)
}

export const endedIn = (query: Query): number | undefined => {
  const said = Number(query.text('said') ?? Number.NaN)
  return Number.isSafeInteger(said) && said >= 0 ? said : undefined
}

/** How many a form has ended. */
export function endedNotice(count: number | undefined): Html | undefined {
  if (count === undefined) return undefined
  const text = count === 0 ? 'No session was ended: it had ended already.' : `${plural(count, 'session')} ended.`
  return html`<p class="notice" role="status">${text}</p>`
}

function pageOf(site: Site, owned: Owned, ended: number | undefined): Html {
  const { digest, name, rows, next } = owned
  const content = html`
${endedNotice(ended)}
<section class="sheet flush" aria-labelledby="list"><div class="more"><h2 id="list">${plural(rows.length, 'session')}${next !== undefined && ', and more'}</h2><p class="quiet">The owner's digest is <code>${short(digest)}</code>, as events and stores have it.</p></div>
${rows.length > 0 ? list(site, owned) : html`<p class="empty quiet">${site.browser || name !== undefined ? 'Nobody of this name is signed in here.' : html`These sessions are nowhere but with their visitors. The <a href="?view=events&amp;of=${digest}">timeline</a> has what this process saw of the owner.`}</p>`}
${next !== undefined && html`<p class="more"><a href="${next}" rel="next">Next page</a></p>`}</section>
${name !== undefined && rows.length > 0 && endings(site, name, rows)}`
  return layout({ title: name === undefined ? 'Sessions of an owner' : `Sessions of ${name}`, content })
}

function list({ browser, now }: Site, { digest, name, rows }: Owned): Html {
  const back = browser
    ? html`<input type="hidden" name="back" value="${digest}">`
    : html`<input type="hidden" name="owner" value="${name}">`
  const end = ({ handle }: Row) =>
    html`<form method="post" action="?"><input type="hidden" name="do" value="end">${back}<button class="end" name="handle" value="${handle}">End<span class="unseen"> session ${short(handle)}</span></button></form>`
  const caption = 'Sessions of this owner'
  return scrolling(caption, rowsTable(sorted(rows, 'seen'), { now: now(), caption, end, isShut: !browser }))
}

function endings({ core }: Site, owner: string, rows: readonly Row[]): Html | undefined {
  if (!core.persistence.owners?.endAll) return undefined
  const hidden = html`<input type="hidden" name="owner" value="${owner}">`
  return html`<section class="sheet" aria-labelledby="ending"><h2 id="ending">End several</h2><div class="acts">
<details><summary>End all but one …</summary><form class="find" method="post" action="?">${hidden}<input type="hidden" name="do" value="end-others"><div class="field"><label for="except">Keep</label><select id="except" name="except">${rows.map(({ handle }) => html`<option>${handle}</option>`)}</select></div><button class="danger">End all others</button></form></details>
<details><summary>End all …</summary><form class="find" method="post" action="?">${hidden}<input type="hidden" name="do" value="end-all"><p>Whoever uses them is signed out at the next request, and a sign-in that is under way fails.</p><button class="danger">End all sessions of ${owner}</button></form></details>
</div></section>`
}
