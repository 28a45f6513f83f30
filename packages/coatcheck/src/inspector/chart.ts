import { grouped } from './format.ts'
import { type Html, html } from './html.ts'
import { scrolling } from './layout.ts'

/** One of the numbers of a chart, over all its stretches; undefined: there was nothing to measure. */
export interface Counted {
  readonly name: string
  readonly values: readonly (number | undefined)[]
}

export interface Chart {
  readonly id: string
  readonly title: string
  /** In one sentence: what a number is counted from. */
  readonly about: string
  readonly series: readonly Counted[]
  /** The beginnings of the stretches, as they are to be shown. */
  readonly labels: readonly string[]
  /** `bars` stand on each other; `lines` do not. */
  readonly form: 'bars' | 'lines'
  readonly unit?: string
}

/** The drawing's own measures: it is stretched to the room that there is, and so its texts stand beside it. */
const [WIDTH, HEIGHT] = [600, 120]
/** So many colours there are. */
const COLOURS = 6

/** A chart as inline SVG, with its numbers as a table for who cannot see it, or wants them. */
export function chart({ id, title, about, series, labels, form, unit = '' }: Chart): Html {
  const few = series.length > COLOURS ? [...series.slice(0, COLOURS - 1), summed(series.slice(COLOURS - 1))] : series
  const highest = (at: number): number =>
    form === 'bars'
      ? few.reduce((sum, { values }) => sum + (values[at] ?? 0), 0)
      : Math.max(0, ...few.map(({ values }) => values[at] ?? 0))
  const top = niceTop(Math.max(0, ...labels.map((_, at) => highest(at))))
  const step = WIDTH / Math.max(1, labels.length)
  const y = (value: number): number => round(HEIGHT - (value / top) * HEIGHT)
  const rules = [top, top / 2, 0]
  const drawn = form === 'bars' ? bars(few, labels.length, step, y) : lines(few, step, y)
  const marks = [0, 0.25, 0.5, 0.75].map((part) => labels[Math.floor(part * labels.length)])
  return html`<figure class="sheet" id="${id}"><figcaption><h2>${title}</h2><p class="quiet">${about}</p></figcaption>
<div class="plot"><div class="scale" aria-hidden="true">${rules.map((value) => html`<span>${shown(value)}</span>`)}</div>
<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}. ${spoken(few, unit)}">${rules.map((value) => html`<path class="rule" d="M0 ${y(value)}H${WIDTH}"/>`)}${drawn}</svg>
<div class="times" aria-hidden="true">${marks.map((mark) => html`<span>${mark}</span>`)}</div></div>
${few.length > 1 && html`<ul class="legend">${few.map(({ name, values }, at) => html`<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect class="f${at + 1}" width="10" height="10"/></svg>${name}${form === 'bars' && ` ${grouped(sum(values))}`}</li>`)}</ul>`}
${numbers(title, few, labels, unit)}</figure>`
}

function bars(series: readonly Counted[], count: number, step: number, y: (value: number) => number): Html[] {
  const base = new Array<number>(count).fill(0)
  return series.flatMap(({ values }, colour) =>
    values.flatMap((value = 0, at) => {
      if (value === 0) return []
      const from = base[at] ?? 0
      base[at] = from + value
      const [x, high] = [round(at * step), round(y(from) - y(from + value))]
      return [html`<rect class="f${colour + 1}" x="${x}" y="${y(from + value)}" width="${round(step * 0.8)}" height="${high}"/>`]
    }),
  )
}

/** Where nothing was measured a line is broken; a stretch alone is a short line. */
function lines(series: readonly Counted[], step: number, y: (value: number) => number): Html[] {
  return series.map(({ values }, colour) => {
    let path = ''
    values.forEach((value, at) => {
      if (value === undefined) return
      const isFirst = values[at - 1] === undefined
      const [from, to] = [round((at + 0.3) * step), round((at + 0.7) * step)]
      path += `${isFirst ? 'M' : 'L'}${from} ${y(value)}L${to} ${y(value)}`
    })
    return html`<path class="line s${colour + 1}" d="${path}"/>`
  })
}

function numbers(title: string, series: readonly Counted[], labels: readonly string[], unit: string): Html {
  const rows = labels.flatMap((label, at) =>
    series.some(({ values }) => (values[at] ?? 0) !== 0)
      ? [html`<tr><th scope="row">${label}</th>${series.map(({ values }) => html`<td>${shown(values[at])}</td>`)}</tr>`]
      : [],
  )
  if (rows.length === 0) return html`<p class="quiet">Nothing in this time.</p>`
  const head = series.map(({ name }) => html`<th scope="col">${name}${unit && `, ${unit}`}</th>`)
  return html`<details><summary>Numbers</summary>${scrolling(
    `Numbers: ${title}`,
    html`<table class="grid"><caption class="unseen">${title}</caption><thead><tr><th scope="col">From</th>${head}</tr></thead><tbody>${rows}</tbody></table>`,
  )}</details>`
}

const sum = (values: Counted['values']): number => values.reduce((all: number, value) => all + (value ?? 0), 0)

const spoken = (series: readonly Counted[], unit: string): string =>
  series
    .map(({ name, values }) =>
      unit ? `${name}: up to ${shown(Math.max(0, ...values.map((value) => value ?? 0)))} ${unit}` : `${name}: ${sum(values)}`,
    )
    .join(', ') || 'Nothing in this time.'

const summed = (series: readonly Counted[]): Counted => ({
  name: 'others',
  values: series[0]?.values.map((_, at) => series.reduce((all, { values }) => all + (values[at] ?? 0), 0)) ?? [],
})

const shown = (value: number | undefined): string =>
  value === undefined ? '–' : Number.isInteger(value) ? grouped(value) : String(Math.round(value * 100) / 100)

const round = (value: number): number => Math.round(value * 10) / 10

/** The lowest of 1, 2, 4, 10, 20, … that is not lower, so that half of it is a round number as well. */
function niceTop(value: number): number {
  if (value <= 0) return 2
  const power = 10 ** Math.floor(Math.log10(value))
  const top = [1, 2, 4, 10].map((each) => each * power).find((each) => each >= value) ?? value
  return top < 1 ? top : Math.max(2, top)
}
