import type { Entry } from '../../core/inspecting.ts'
import { authOf, impersonatorOf, levelAt, lifeUnder, lineageOf, policyOf, type VersionedRecord } from '../../core/inspecting.ts'
import type { Browser } from '../browse.ts'
import { bytes, distance, lengthOf, moment, plural, short, span, when } from '../format.ts'
import { type Html, html } from '../html.ts'
import type { Id } from '../ids.ts'
import { layout, scrolling } from '../layout.ts'
import { keyName, preview, typeOf } from '../redact.ts'
import type { Site } from '../site.ts'
import { linesTable } from './events.ts'
import { noteText, ownerLink, sessionLink } from './rows.ts'

/** One session, under whatever handle it goes by now. undefined: there is none. */
export async function sessionPage(site: Site, browser: Browser, asked: string): Promise<Html | undefined> {
  const found = await browser.find(asked)
  if (!found || !browser.isLive(found)) return undefined
  const ids = await browser.ids(found, asked)
  const row = browser.row(found)
  const content = html`
${found.key !== asked && html`<p class="notice">The handle ${short(asked)} was given up. This is the session that it led to.</p>`}
<div class="pair">
<section class="sheet" aria-labelledby="about"><h2 id="about">About it</h2>
<dl class="facts"><dt>Handle</dt><dd><code>${found.key}</code></dd><dt>Owner</dt><dd>${ownerLink(row)}</dd>${standing(found, site.now())}
${row.note && html`<dt>Note</dt><dd>${noteText(row.note)}</dd>`}</dl>
${row.digest !== undefined && html`<p><a href="?owner=${row.digest}">All sessions of ${row.impersonator ?? row.owner}</a>, where they can be ended</p>`}
${row.digest === undefined && ending(found.key)}
</section>
${clocks(site, found)}
</div>
${values(site, found)}
<div class="pair">${written(site, found)}${ticket(site, found)}</div>
${lineage(ids, lineageOf(found), site.now())}
${site.recording && timeline(site, ids)}`
  return layout({ title: `Session ${short(found.key)}`, content })
}

/** A guest has no page of an owner. */
const ending = (handle: string): Html =>
  html`<form method="post" action="?" class="acts"><input type="hidden" name="do" value="end"><button class="end" name="handle" value="${handle}">End this session</button></form>`

function standing({ contents }: VersionedRecord, now: number): Html | undefined {
  const auth = authOf(contents)
  const actor = impersonatorOf(contents)
  if (!auth && actor === undefined) return undefined
  return html`${auth && html`<dt>Proved who it is</dt><dd>${when(auth.at, now)}${auth.level !== undefined && html`, level ${levelAt(auth, now)}`}</dd>`}
${actor !== undefined && html`<dt>Acted in by</dt><dd>${actor}</dd>`}`
}

function clocks({ core, now }: Site, { record, contents }: VersionedRecord): Html {
  const policy = policyOf(contents, core.engine.policy)
  const { createdAt, endsAt, expiresAt } = lifeUnder(record, contents, core.engine.policy)
  const at = now()
  return html`<section class="sheet" aria-labelledby="clocks"><h2 id="clocks">Two clocks</h2>
${clock('Idle', expiresAt, policy.idle, at, 'moves when it is used')}
${clock('Absolute', endsAt, endsAt - createdAt, at, 'stays')}
<dl class="facts"><dt>Began</dt><dd>${moment(createdAt)} (${distance(createdAt, at)})</dd><dt>Ends when not used</dt><dd>${moment(expiresAt)}</dd><dt>Ends at the latest</dt><dd>${moment(endsAt)}</dd></dl></section>`
}

function clock(name: string, end: number, all: number, now: number, note: string): Html {
  const left = Math.max(0, end - now)
  const id = `clock-${name.toLowerCase()}`
  return html`<div class="clock"><p id="${id}"><strong>${name}</strong>: ${span(left)} left of ${span(all)} <span class="quiet">· ${note}</span></p>
<meter aria-labelledby="${id}" min="0" max="${Math.max(1, all)}" low="${all / 10}" optimum="${all}" value="${Math.min(left, all)}">${span(left)}</meter></div>`
}

function values({ redact, now }: Site, { contents }: VersionedRecord): Html {
  const at = now()
  const kept = [...contents.values].map(([key, entry]) => value(key, entry, 'value'))
  const once = [...contents.flash].map(([key, { entry }]) => value(key, entry, 'flash'))
  const rows = [...kept, ...once].sort((a, b) => b.size - a.size)
  const rule = typeof redact === 'function' ? 'A function of the application says which are shown.' : RULES[redact]
  function value(key: string, entry: Entry, kind: string) {
    const size = lengthOf(entry.text)
    let [type, shown] = ['', '']
    try {
      const taken = entry.take()
      type = typeOf(taken)
      shown = preview(taken, [key], redact)
    } catch {
      ;[type, shown] = ['cannot be read', 'written by a newer release, or damaged']
    }
    const until = entry.until
    const made = html`
<tr><th scope="row"><code>${keyName(key)}</code>${kind === 'flash' && html` <span class="tag">flash</span>`}${until !== undefined && html` <span class="tag">${until > at ? 'ends' : 'ended'} ${distance(until, at)}</span>`}</th><td class="still">${type}</td><td class="num">${bytes(size)}</td><td class="value"><code>${shown}</code></td></tr>`
    return { size, made }
  }
  return html`<section class="sheet flush" aria-labelledby="values"><div class="more"><h2 id="values">Values</h2><p class="quiet">${plural(rows.length, 'key')}, ${bytes(rows.reduce((sum, { size }) => sum + size, 0))}. ${rule}</p></div>
${rows.length > 0 && scrolling('Values', html`<table><caption class="unseen">Values</caption><thead><tr><th scope="col">Key</th><th scope="col">Type</th><th scope="col" class="num">Size</th><th scope="col">Value</th></tr></thead><tbody>${rows.map(({ made }) => made)}</tbody></table>`)}</section>`
}

const RULES = {
  strings: 'Texts are hidden, and all whose name says that it is private.',
  names: 'What a name says is private is hidden.',
} as const

function written({ now }: Site, { contents }: VersionedRecord): Html {
  const { count, recent } = contents.writes
  const last = [...recent].reverse().slice(0, 10)
  return html`<section class="sheet" aria-labelledby="commits"><h2 id="commits">Last commits</h2>
<p class="quiet">${plural(count, 'commit')} in all. The record keeps those whose answer may have been lost.</p>
<ol class="ids">${last.map(({ number, at }) => html`<li>No. ${number}, ${moment(at)} <span class="quiet">${distance(at, now())}</span></li>`)}</ol></section>`
}

/** RFC 6265bis 5.6: browsers keep no cookie whose name and value are longer. */
const LARGEST = 4096
const SIGNED = 60
const UNSIGNED = 32
/** Version, key id, nonce and tag of a seal, in bytes. */
const SEAL = 45

function ticket({ core }: Site, { record }: VersionedRecord): Html {
  const name = core.transport.places.settings.cookie?.name ?? ''
  const size = name.length + (core.engine.keyring ? SIGNED : UNSIGNED)
  const sealed = name.length + Math.ceil(((lengthOf(record.data) + SEAL) * 4) / 3)
  return html`<section class="sheet" aria-labelledby="ticket"><h2 id="ticket">Ticket</h2>
<div class="clock"><p id="ticket-size">${plural(size, 'byte')} of the ${LARGEST} that browsers keep${name !== '' && html`, with the name <code>${name}</code>`}</p>
<meter aria-labelledby="ticket-size" min="0" max="${LARGEST}" high="${LARGEST * 0.75}" optimum="0" value="${Math.min(size, LARGEST)}">${size}</meter></div>
<div class="clock"><p id="sealed-size">The record has ${bytes(lengthOf(record.data))}. Sealed in the cookie, without a store, it would take about ${bytes(sealed)}${sealed > LARGEST && ', and not fit'}.</p>
<meter aria-labelledby="sealed-size" min="0" max="${LARGEST}" high="${LARGEST * 0.75}" optimum="0" value="${Math.min(sealed, LARGEST)}">${sealed}</meter></div></section>`
}

const WHY: Readonly<Record<string, string>> = {
  regenerate: 'given a new id',
  signIn: 'signed in',
  switch: 'began or ceased to act as somebody else',
}

/** `line`: what all ids of the session have in common, which is the beginning of the first. */
function lineage(ids: readonly Id[], line: string, now: number): Html {
  const first = ids.some(({ handle }) => handle.startsWith(line))
    ? undefined
    : html`<li><span class="mono">${short(line)}</span> the first, whose record no list names: of a guest, or gone</li>`
  return html`<section class="sheet" aria-labelledby="lineage"><h2 id="lineage">Ids that it had</h2>
<p class="quiet">${ids.length > 1 || first ? 'By their handles, as far as their records are still there.' : 'One, as far as its records are still there.'}</p>
<ol class="ids">${first}${ids.map(
    ({ handle, made, left }) =>
      html`<li${!left && html` class="now"`}>${left ? sessionLink(handle) : html`<strong class="mono">${short(handle)}</strong>`} since ${when(made, now)}${left && html`; ${WHY[left.why] ?? left.why}${left.at !== undefined && html` ${when(left.at, now)}`}`}${left?.isReplayed && html` <span class="tag bad">used after its time</span>`}${!left && html` <span class="tag good">now</span>`}</li>`,
  )}</ol></section>`
}

function timeline({ recording }: Site, ids: readonly Id[]): Html {
  const handles = new Set(ids.map(({ handle }) => handle))
  const lines = recording?.log.latest(20, ({ handle }) => handle !== undefined && handles.has(handle)) ?? []
  return html`<section class="sheet flush" aria-labelledby="seen"><div class="more"><h2 id="seen">What this process saw of it</h2><p class="quiet">The last ${plural(lines.length, 'event')}.</p></div>${linesTable(lines, { caption: 'Events of this session', isOfOne: true })}</section>`
}
