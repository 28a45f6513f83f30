import type { Row, RowPage } from '../browse.ts'
import { plural, short } from '../format.ts'
import { type Html, html } from '../html.ts'
import { layout, scrolling } from '../layout.ts'
import type { Site } from '../site.ts'
import type { Query } from './query.ts'
import { rowsTable, sorted } from './rows.ts'

const LIMIT = 200

/** The sessions of one owner, each with a button that ends it. */
export async function ownerPage(site: Site, digest: string, query: Query): Promise<Html> {
  const page = await site.browser?.ofOwner(digest, query.text('after'), LIMIT)
  const name = nameIn(page, digest)
  const said = Number(query.text('said') ?? Number.NaN)
  const title = name === undefined ? 'Sessions of an owner' : `Sessions of ${name}`
  const content = html`
${Number.isSafeInteger(said) && said >= 0 && html`<p class="notice" role="status">${said === 0 ? 'No session was ended: it had ended already.' : `${plural(said, 'session')} ended.`}</p>`}
<section class="sheet flush" aria-labelledby="list"><div class="more"><h2 id="list">${plural(page?.rows.length ?? 0, 'session')}${page?.next !== undefined && ', and more'}</h2><p class="quiet">The owner's digest is <code>${short(digest)}</code>, as events and stores have it.</p></div>
${site.browser ? list(site, page, digest) : html`<p class="empty quiet">These sessions are nowhere but with their visitors. The <a href="?view=events&amp;of=${digest}">timeline</a> has what this process saw of the owner.</p>`}
${page?.next !== undefined && html`<p class="more"><a href="${query.with({ owner: digest, after: page.next })}" rel="next">Next page</a></p>`}</section>
${name !== undefined && page && page.rows.length > 0 && endings(site, name, page.rows)}`
  return layout({ title, content })
}

/** Of a session that somebody acts in as another person, the list is that of who acts. */
function nameIn(page: RowPage | undefined, digest: string): string | undefined {
  const own = page?.rows.find((row) => row.digest === digest)
  return own?.impersonator ?? own?.owner
}

function list(site: Site, page: RowPage | undefined, digest: string): Html {
  const rows = sorted(page?.rows ?? [], 'seen')
  if (rows.length === 0) return html`<p class="empty quiet">Nobody of this name is signed in here.</p>`
  const button = ({ handle }: Row) =>
    html`<form method="post" action="?"><input type="hidden" name="do" value="end"><input type="hidden" name="back" value="${digest}"><button class="end" name="handle" value="${handle}">End<span class="unseen"> session ${short(handle)}</span></button></form>`
  return scrolling('Sessions of this owner', rowsTable(rows, site.now(), 'Sessions of this owner', button))
}

function endings({ core }: Site, owner: string, rows: readonly Row[]): Html | undefined {
  if (!core.persistence.owners?.endAll) return undefined
  const hidden = html`<input type="hidden" name="owner" value="${owner}">`
  return html`<section class="sheet" aria-labelledby="ending"><h2 id="ending">End several</h2><div class="acts">
<details><summary>End all but one …</summary><form class="find" method="post" action="?">${hidden}<input type="hidden" name="do" value="end-others"><div class="field"><label for="except">Keep</label><select id="except" name="except">${rows.map(({ handle }) => html`<option>${handle}</option>`)}</select></div><button class="danger">End all others</button></form></details>
<details><summary>End all …</summary><form class="find" method="post" action="?">${hidden}<input type="hidden" name="do" value="end-all"><p>Whoever uses them is signed out at the next request, and a sign-in that is under way fails.</p><button class="danger">End all sessions of ${owner}</button></form></details>
</div></section>`
}
