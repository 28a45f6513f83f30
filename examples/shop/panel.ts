import type { Plan, SessionEvent } from 'coatcheck'
import { type Html, html } from './html.ts'
import type { StoreCall, Trace } from './trace.ts'
import { fill, type Words } from './words/index.ts'

/** More requests in a row to one address are summed up. */
const SINGLY = 3

/** What happened to the session, in one sentence; and, for who wants to look, what the requests before this page and the page itself did. */
export function panel(before: readonly Trace[], page: Trace | undefined, words: Words): Html {
  const groups = grouped(before)
  return html`
    <div class="stub">
      <h2 id="panel-title">${words.panelTitle}</h2>
      <p class="said">${sentence(before.length > 0 || !page ? before : [page], words)}</p>
      <details>
        <summary>${words.panelDetails}</summary>
        ${groups.length > 0 && page && html`<h3>${words.before}</h3>`}
        ${groups.map((group) => part(group, words))}
        ${groups.length > 0 && page && html`<h3>${words.thisPage}</h3>`}
        ${page && part([page], words)}
      </details>
    </div>`
}

/** The most telling of what these requests did. */
function sentence(steps: readonly Trace[], words: Words): string {
  const plans = steps.map(planOf)
  const updates = plans.filter((plan) => plan === 'update').length
  if (steps.some(({ events }) => events.some(({ type }) => type === 'refused'))) return words.sayRefused
  if (plans.includes('dropped')) return words.sayDropped
  if (updates > SINGLY) return fill(words.sayMany, { count: updates })
  if (plans.includes('end') || plans.includes('end+create')) return words.sayEnded
  if (plans.includes('regenerate')) return words.sayReplaced
  if (plans.includes('create')) return words.sayBegan
  if (updates > 0) return words.sayKept
  return steps.some(({ ticketBefore }) => ticketBefore) ? words.sayRead : words.sayNothing
}

type Group = readonly [Trace, ...Trace[]]

function grouped(steps: readonly Trace[]): Group[] {
  const groups: Group[] = []
  for (const step of steps) {
    const last = groups.at(-1)
    if (last && last[0].path === step.path) groups.splice(-1, 1, [...last, step])
    else groups.push([step])
  }
  return groups.flatMap((group) => (group.length > SINGLY ? [group] : group.map((step): Group => [step])))
}

function part(group: Group, words: Words): Html {
  return group.length > 1 ? summary(group, words) : one(group[0], words)
}

function one(step: Trace, words: Words): Html {
  const { method, path, status, headers, calls, events } = step
  return html`
    <dl class="steps">
      ${row(words.request, html`<code>${method} ${path}</code> → ${status}`)}
      ${row(words.ticketBefore, step.ticketBefore ? html`<code>${step.ticketBefore}</code>` : words.none)}
      ${row(words.store, calls.length > 0 ? list(calls.map((call) => html`<code>${call.name}</code> ${result(call, words)}`)) : words.untouched)}
      ${row(words.plan, plan(step, words))}
      ${row(words.ticketAfter, ticketAfter(step, words))}
      ${headers.length > 0 && row(words.headers, list(headers.map(([name, value]) => html`<code><b>${name}:</b> ${value}</code>`)))}
      ${events.length > 0 && row(words.events, list(events.map((event) => html`<code>${told(event)}</code>`)))}
    </dl>`
}

/** Many requests at once: how often which plan was carried out, and what that took. */
function summary(group: Group, words: Words): Html {
  const { method, path } = group[0]
  const plans = tally(group.map((step) => planOf(step)))
  const calls = tally(group.flatMap((step) => step.calls.map((call) => `${call.name} ${result(call, words)}`)))
  const counted = (counts: ReadonlyMap<string, number>) =>
    list([...counts].map(([what, count]) => html`${fill(words.times, { count, what })}`))
  return html`
    <dl class="steps">
      ${row(words.request, html`<code>${method} ${path}</code>, ${fill(words.requests, { count: group.length })}`)}
      ${row(words.plan, counted(plans))}
      ${row(words.store, counted(calls))}
    </dl>`
}

const row = (term: string, description: unknown): Html => html`<div><dt>${term}</dt><dd>${description}</dd></div>`
const list = (items: readonly Html[]): Html => html`<ul>${items.map((item) => html`<li>${item}</li>`)}</ul>`

function tally(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

function result({ name, hit }: StoreCall, words: Words): string {
  if (hit === undefined) return words.callFailed
  const [yes, no] = name === 'read' ? [words.callFound, words.callNothing] : [words.callDone, words.callLost]
  return hit ? yes : no
}

function ticketAfter({ ticketBefore, ticketGiven }: Trace, words: Words): unknown {
  if (ticketGiven === '') return words.takenAway
  if (ticketGiven !== undefined) return html`<code>${ticketGiven}</code> <b class="mark">${words.renewed}</b>`
  return ticketBefore ? words.same : words.none
}

/** The last commit that did something; `dropped` when it found the session ended. */
function planOf({ events }: Trace): Plan | 'dropped' {
  const last = events.findLast((event) => event.type === 'committed' || event.type === 'dropped')
  return last?.type === 'committed' ? last.plan : (last?.type ?? 'nothing')
}

const PLANS: Readonly<Record<Plan | 'dropped', keyof Words>> = {
  nothing: 'planNothing',
  create: 'planCreate',
  update: 'planUpdate',
  touch: 'planTouch',
  regenerate: 'planRegenerate',
  end: 'planEnd',
  'end+create': 'planEndCreate',
  dropped: 'planDropped',
}

function plan(step: Trace, words: Words): Html {
  const name = planOf(step)
  const why = PLANS[name]
  const shared = name === 'update' && !step.calls.some((call) => call.name === 'update')
  return html`<code>${name}</code> ${words[why]}${shared && html` (${words.together})`}`
}

/** An event in one line; handles are public, and long. */
function told(event: SessionEvent): string {
  const { type, ...facts } = event
  const shown = Object.entries(facts).map(([name, value]) =>
    name === 'handle' ? `handle ${String(value).slice(0, 8)}…` : name === 'error' ? 'error' : `${name} ${String(value)}`,
  )
  return [type, ...shown].join(', ')
}
