// The chart beside the table, written by hand as SVG. It looks well on a dark page and on a light one, and says what it shows.
import type { Report, ReportRow } from './report.ts'
import { rowsOf, SECTIONS, shortOf } from './results.ts'

const WIDTH = 900
const LEFT = 270
const RIGHT = 120
const LINE = 20
const HEAD = 34
const TOP = 56
/** Microseconds at the two ends of the scale, which is logarithmic. */
const [LEAST, MOST] = [3, 30_000]
const TICKS = [10, 100, 1000, 10_000]

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .head { font-weight: 600 }
  .quiet { fill: #59636e }
  .tick { stroke: #d1d9e0 }
  .us { fill: #0969da } .them { fill: #818b98 } .hand { fill: #bf8700 }
  .spread { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .quiet { fill: #9198a1 } .tick { stroke: #3d444d } .spread { stroke: #f0f6fc }
    .us { fill: #4493f8 } .them { fill: #656c76 } .hand { fill: #d29922 }
  }`

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** Where a time is on the scale. */
function xOf(micros: number): number {
  const within = Math.min(Math.max(micros, LEAST), MOST)
  return LEFT + ((WIDTH - LEFT - RIGHT) * Math.log(within / LEAST)) / Math.log(MOST / LEAST)
}

const at = (value: number): string => value.toFixed(1)

function barOf({ name, by, writing: { median, quartiles } }: ReportRow, y: number): string {
  const [low, high] = quartiles.map(xOf) as [number, number]
  const middle = y + LINE / 2
  return [
    `<text x="${LEFT - 8}" y="${y + 14}" text-anchor="end">${escaped(name)}</text>`,
    `<rect class="${by}" x="${LEFT}" y="${y + 3}" width="${at(xOf(median) - LEFT)}" height="${LINE - 6}" rx="2"/>`,
    `<line class="spread" x1="${at(low)}" y1="${middle}" x2="${at(high)}" y2="${middle}"/>`,
    `<text class="quiet" x="${at(Math.max(high, xOf(median)) + 6)}" y="${y + 14}">${shortOf(median)} µs</text>`,
  ].join('\n')
}

export function chartOf(report: Report): string {
  const parts: string[] = []
  let y = TOP
  for (const { title, kinds } of SECTIONS) {
    const rows = rowsOf(report, kinds)
    if (rows.length === 0) continue
    parts.push(`<text class="head" x="0" y="${y + 22}">${escaped(title)}</text>`)
    y += HEAD
    for (const row of rows) {
      parts.push(barOf(row, y))
      y += LINE
    }
  }
  const ticks = TICKS.map((micros) => {
    const x = at(xOf(micros))
    const label = micros < 1000 ? `${micros} µs` : `${micros / 1000} ms`
    return `<line class="tick" x1="${x}" y1="${TOP}" x2="${x}" y2="${y}"/><text class="quiet" x="${x}" y="${TOP - 6}" text-anchor="middle">${label}</text>`
  })
  const said = report.rows.map(({ name, writing }) => `${name}: ${shortOf(writing.median)} µs`).join('; ')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 12}" role="img" aria-labelledby="title desc">
<title id="title">What a session adds to a request that counts a visit, in microseconds</title>
<desc id="desc">Bars on a logarithmic scale, shorter is better. ${escaped(said)}.</desc>
<style>${STYLE}
</style>
<text class="head" x="0" y="16">What a session adds to a request that counts a visit</text>
<text class="quiet" x="0" y="34">logarithmic, shorter is better; lines: quartiles</text>
${legend()}
${ticks.join('\n')}
${parts.join('\n')}
</svg>
`
}

function legend(): string {
  const entries = [
    ['us', 'Coatcheck', 480],
    ['them', 'others', 580],
    ['hand', 'by hand, nothing promised', 660],
  ] as const
  return entries
    .map(([by, label, x]) => {
      return `<rect class="${by}" x="${x}" y="6" width="12" height="12" rx="2"/><text x="${x + 18}" y="16">${label}</text>`
    })
    .join('\n')
}
