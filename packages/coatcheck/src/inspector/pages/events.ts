import { moment, short } from '../format.ts'
import { type Html, html } from '../html.ts'
import { layout, scrolling } from '../layout.ts'
import { BAD, type Line } from '../recording/line.ts'
import type { Site } from '../site.ts'
import type { Query } from './query.ts'
import { NOBODY_RECORDS } from './sessions.ts'

const SHOWN = 200

/** Which lines a page, and its stream, show. `of`: a handle or an owner's digest. */
export function wantedBy(query: Query): (line: Line) => boolean {
  const [type, of] = [query.text('type'), query.text('of')]
  return (line) => (type === undefined || line.type === type) && (of === undefined || line.handle === of || line.owner === of)
}

/** What happened, the newest first. With JavaScript what comes is added. */
export function eventsPage({ recording }: Site, query: Query): Html {
  if (!recording)
    return layout({ title: 'Timeline', view: 'events', content: html`<p class="notice alert">${NOBODY_RECORDS}</p>` })
  const [type, of] = [query.text('type'), query.text('of')]
  const { log, since } = recording
  const lines = log.latest(SHOWN, wantedBy(query))
  const stream = `?${new URLSearchParams({
    stream: `${log.name}-${log.count}`,
    ...(type !== undefined && { type }),
    ...(of !== undefined && { of }),
  })}`
  const content = html`
<form class="find" action="?"><input type="hidden" name="view" value="events">
<div class="field"><label for="type">Type</label><select id="type" name="type"><option value="">all</option>${[...log.types].sort().map((each) => html`<option${each === type && html` selected`}>${each}</option>`)}</select></div>
<div class="field grow"><label for="of">Of one session or owner: a handle or a digest, whole</label><input id="of" name="of" value="${of}" autocomplete="off" spellcheck="false"></div><button>Show</button></form>
<section class="sheet flush" aria-labelledby="list"><div class="more"><h2 id="list">Newest first</h2><p class="quiet">Of this process alone, since ${moment(since)}. <span id="reload">Load the page again for what is new.</span></p>
<button class="plain" id="pause" type="button" hidden>Pause</button><p class="quiet" id="live" role="status"></p></div>
${linesTable(lines, { caption: 'Events', stream })}
${lines.length === 0 && html`<p class="empty quiet" id="none">Nothing yet.</p>`}</section>`
  return layout({ title: 'Timeline', view: 'events', content, isLive: true })
}

interface TableOptions {
  readonly caption: string
  /** Where what comes is to be had. */
  readonly stream?: string
  /** All are of one session. */
  readonly isOfOne?: boolean
}

/** Lines in a table, as the script of the timeline makes them. */
export function linesTable(lines: readonly Line[], { caption, stream, isOfOne }: TableOptions): Html {
  const rows = lines.map(
    ({ at, type, facts, handle, owner, request }) => html`
<tr><td>${moment(at)}</td><td class="still">${BAD.has(type) ? html`<span class="tag bad">${type}</span>` : type}</td><td>${facts}</td><td>${handle !== undefined && html`<a class="mono" href="?session=${handle}">${short(handle)}</a>`}</td>${!isOfOne && html`<td class="wide">${owner !== undefined && html`<a class="mono" href="?owner=${owner}">${short(owner)}</a>`}</td>`}<td class="wide">${request}</td></tr>`,
  )
  return scrolling(
    caption,
    html`<table><caption class="unseen">${caption}</caption><thead><tr><th scope="col">When</th><th scope="col">Event</th><th scope="col">What</th><th scope="col">Session</th>${!isOfOne && html`<th scope="col" class="wide">Owner, as a digest</th>`}<th scope="col" class="wide">Request</th></tr></thead>
<tbody${stream !== undefined && html` id="timeline" data-stream="${stream}"`}>${rows}</tbody></table>`,
  )
}
