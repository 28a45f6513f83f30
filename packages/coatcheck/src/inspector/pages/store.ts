import { plural, when } from '../format.ts'
import { GUARANTEES, ROWS, type StoreRow } from '../guarantees.ts'
import { type Html, html } from '../html.ts'
import { type KeyInUse, keysInUse } from '../keys.ts'
import { layout, scrolling } from '../layout.ts'
import type { Site } from '../site.ts'

/** What the store promises, and the secrets in use. */
export async function storePage(site: Site): Promise<Html> {
  const { core } = site
  const { encryptRecords, storeTimeout, policy } = core.engine
  const kind = { stored: 'in a store', sealed: 'sealed in the cookie', custom: "by the application's own functions" }[
    core.persistence.kind
  ]
  const day = (ms: number): string => `${Math.round(ms / 8640) / 10_000} d`
  const content = html`<dl class="figures"><div><dt>Sessions are kept</dt><dd>${kind}</dd></div>
<div><dt>Records</dt><dd>${core.persistence.kind === 'sealed' || encryptRecords ? 'sealed' : 'in the clear'}</dd></div>
<div><dt>Idle, absolute</dt><dd>${day(policy.idle)}, ${day(policy.absolute)}</dd></div>
<div><dt>Store timeout</dt><dd>${storeTimeout / 1000} s</dd></div></dl>
${secrets(await keysInUse(core), site.now())}${store(site)}`
  return layout({ title: 'Store and secrets', view: 'store', content })
}

const USES: Readonly<Record<KeyInUse['use'], string>> = {
  write: 'makes tickets, and opens them',
  read: 'opens tickets: not active yet',
  renew: 'opens tickets, which the next write renews',
  refuse: 'refused: revoked',
}

function secrets(keys: readonly KeyInUse[], now: number): Html {
  const rows = keys.map(
    ({ handle, use, from, until }) => html`
<tr><th scope="row"><code>${handle}…</code></th><td><span class="tag ${use === 'write' ? 'good' : use === 'refuse' ? 'bad' : ''}">${use}</span> ${USES[use]}</td><td>${from === undefined ? 'not said' : when(from, now)}</td><td>${until === undefined ? 'never' : when(until, now)}</td></tr>`,
  )
  return html`<section class="sheet flush" aria-labelledby="secrets"><div class="more"><h2 id="secrets">Secrets in use</h2><p class="quiet">${keys.length > 0 ? 'Newest first, by what every ticket made with it begins with.' : 'None: a ticket is a random id without a MAC.'}</p></div>
${rows.length > 0 && scrolling('Secrets', html`<table><caption class="unseen">Secrets</caption><thead><tr><th scope="col">Tickets begin with</th><th scope="col">Use</th><th scope="col">Since</th><th scope="col">Revoked</th></tr></thead><tbody>${rows}</tbody></table>`)}</section>`
}

const METHODS = ['touch', 'list', 'listByOwner', 'prune', 'readMany', 'watch', 'migrate', 'close'] as const
const WITHOUT: Readonly<Record<(typeof METHODS)[number], string>> = {
  touch: 'a visit that changes nothing writes the whole record',
  list: 'nothing lists all sessions, and endEverything() is refused',
  listByOwner: 'list(), endAll() and maxPerOwner are refused',
  prune: 'the backend removes what is expired itself',
  readMany: 'records are read one by one',
  watch: 'ends elsewhere are noticed by asking again',
  migrate: 'there is nothing to make before the start',
  close: 'whoever opened the client closes it',
}

function store({ core, store: name }: Site): Html {
  const found = core.persistence.live?.store
  if (!found)
    return html`<section class="sheet" aria-labelledby="store"><h2 id="store">Store</h2><p class="quiet">There is none that the inspector could look at.</p></section>`
  const { consistency = 'strong', maxBytes, evicts } = found
  const missing = METHODS.filter((method) => typeof found[method] !== 'function')
  return html`<section class="sheet" aria-labelledby="store"><h2 id="store">What this store says of itself</h2>
<dl class="facts"><dt>Consistency</dt><dd><span class="tag ${consistency === 'strong' ? 'good' : 'bad'}">${consistency}</span></dd>
<dt>Largest record</dt><dd>${maxBytes === undefined ? 'no limit' : plural(maxBytes, 'byte')}</dd>
<dt>Drops live records to make room</dt><dd>${evicts === true ? 'yes' : 'no'}</dd>
${missing.map((method) => html`<dt>Has no <code>${method}</code></dt><dd>${WITHOUT[method]}</dd>`)}</dl></section>
${guarantees(name)}`
}

const CELLS = {
  y: html`<span class="yes">yes</span>`,
  n: html`<span class="no">no: a test showed otherwise</span>`,
  '-': html`<span class="quiet">no method for it</span>`,
}

/** Its row of docs/stores.md. */
function guarantees(name: StoreRow | undefined): Html {
  if (name === undefined)
    return html`<section class="sheet" aria-labelledby="tried"><h2 id="tried">What was tried</h2><p class="quiet">A store does not say its name. With <code>store: 'postgres, over pg'</code>, say, the inspector shows what the suite of this library found of it on its real engine.</p></section>`
  const [declared, cells] = ROWS[name]
  return html`<section class="sheet flush" aria-labelledby="tried"><div class="more"><h2 id="tried">What was tried: ${name}</h2><p class="quiet">By the suite of this library on the real engine; it declares ${declared}.</p></div>
${scrolling('Guarantees', html`<table><caption class="unseen">Guarantees of ${name}</caption><thead><tr><th scope="col">Guarantee</th><th scope="col">Holds</th></tr></thead><tbody>${GUARANTEES.map((each, at) => html`<tr><th scope="row" class="value">${each}</th><td>${CELLS[(cells[at] ?? '-') as keyof typeof CELLS]}</td></tr>`)}</tbody></table>`)}</section>`
}
