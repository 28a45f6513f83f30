import { type Chart, chart } from '../chart.ts'
import { grouped, moment, plural } from '../format.ts'
import { type Html, html } from '../html.ts'
import { layout } from '../layout.ts'
import { BOUNDS, type Bucket, quantile } from '../recording/series.ts'
import type { Site } from '../site.ts'
import type { Query } from './query.ts'
import { NOBODY_RECORDS } from './sessions.ts'

const SPANS = ['hour', 'day'] as const

/** What happened over time, in this process. */
export function plotsPage({ recording, now }: Site, query: Query): Html {
  if (!recording) return layout({ title: 'Plots', view: 'plots', content: html`<p class="notice alert">${NOBODY_RECORDS}</p>` })
  const span = query.one('span', SPANS)
  const buckets = recording[span].until(now())
  const beside = html`<p>${SPANS.map((each) => html`<a class="tag" href="?view=plots&amp;span=${each}"${each === span && html` aria-current="true"`}>the last ${each}</a> `)}</p>`
  const each = span === 'hour' ? 'minute' : 'quarter of an hour'
  const content = html`<p class="quiet">Of this process alone, since ${moment(recording.since)}, each ${each}. Another instance has plots of its own; they are gone when the process ends.</p>
<div class="charts">${charts(buckets, each).map(chart)}</div>`
  return layout({ title: 'Plots', view: 'plots', content, beside })
}

function charts(buckets: readonly Bucket[], each: string): readonly Chart[] {
  const labels = buckets.map(({ at }) => new Date(at).toISOString().slice(11, 16))
  const single = (id: string, title: string, about: string, value: (bucket: Bucket) => number): Chart => {
    const series = [{ name: title.toLowerCase(), values: buckets.map(value) }]
    return { id, title, about, series, labels, form: 'bars' }
  }
  const total = (count: (bucket: Bucket) => number): number => buckets.reduce((sum, bucket) => sum + count(bucket), 0)
  const byReason = (id: string, title: string, about: string, counts: (bucket: Bucket) => ReadonlyMap<string, number>): Chart => {
    const totals = new Map<string, number>()
    for (const bucket of buckets)
      for (const [reason, count] of counts(bucket)) totals.set(reason, (totals.get(reason) ?? 0) + count)
    const reasons = [...totals].sort((a, b) => b[1] - a[1]).map(([reason]) => reason)
    const series = reasons.map((name) => ({ name, values: buckets.map((bucket) => counts(bucket).get(name) ?? 0) }))
    return { id, title, about, series, labels, form: 'bars' }
  }
  /** What took longer than the last bound is drawn at twice that. */
  const most = 2 * (BOUNDS.at(-1) ?? 0)
  const took = (part: number) =>
    buckets.map((bucket) => {
      const found = quantile(bucket, part)
      return found === undefined ? undefined : Math.min(found, most)
    })
  return [
    single('active', 'Active', `Sessions seen in each ${each}.`, ({ active }) => active),
    single(
      'created',
      'Created',
      `${plural(
        total(({ created }) => created),
        'session',
      )} stored for the first time.`,
      ({ created }) => created,
    ),
    byReason('ended', 'Ended, by reason', 'Before their time; what expires has no event.', ({ ended }) => ended),
    byReason('refused', 'Refused, by reason', 'Tickets that opened no session.', ({ refused }) => refused),
    single(
      'conflicts',
      'Conflicts',
      `${plural(
        total(({ conflicts }) => conflicts),
        'time',
      )} another process wrote first.`,
      ({ conflicts }) => conflicts,
    ),
    {
      id: 'latency',
      title: 'Store latency',
      about: `At most so long took half of the calls, and 99 of 100; ${grouped(total(({ failed }) => failed))} failed.`,
      series: [
        { name: 'half', values: took(0.5) },
        { name: '99 of 100', values: took(0.99) },
      ],
      labels,
      form: 'lines',
      unit: 'ms',
    },
  ]
}
