// Draws the tables of bench/results.md: bars on a logarithmic scale, in the colours of the site, so that they are dark where it is.
export interface Row {
  readonly name: string
  readonly by: 'us' | 'them' | 'hand'
  /** Microseconds that a session adds to a request that writes: the median, and the quartiles. */
  readonly median: number
  readonly quartiles: readonly [number, number]
  /** Of 32 parallel writes. */
  readonly lost: number
}

export interface Group {
  readonly title: string
  readonly rows: readonly Row[]
}

const numberIn = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''))

/** The tables that have a column of writes. */
export function groupsIn(results: string): Group[] {
  return results.split(/^## /m).flatMap((section) => {
    const [title = ''] = section.split('\n', 1)
    const lines = section.split('\n').filter((line) => line.startsWith('|'))
    const cells = lines.map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    const [head = [], , ...rows] = cells
    const at = { writes: head.indexOf('writes, µs'), lost: head.indexOf('lost of 32') }
    if (at.writes < 0 || at.lost < 0) return []
    return [{ title, rows: rows.map((row) => rowOf(row, at)) }]
  })
}

function rowOf(cells: readonly string[], at: { readonly writes: number; readonly lost: number }): Row {
  const [name = ''] = cells
  const [, median, low, high] = /^([\d,]+) \(([\d,]+) to ([\d,]+)\)$/.exec(cells[at.writes] ?? '') ?? []
  if (!median) throw new Error(`bench/results.md: “${cells[at.writes]}” of ${name} is no time with its quartiles.`)
  return {
    name: name.replaceAll('*', ''),
    by: name.startsWith('**') ? 'us' : name.startsWith('*') ? 'hand' : 'them',
    median: numberIn(median),
    quartiles: [numberIn(low), numberIn(high)],
    lost: Number(cells[at.lost]),
  }
}

const LEAST = 5
const MOST = 30_000
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
export const shortOf = (micros: number): string =>
  micros < 1000 ? `${micros} µs` : `${(micros / 1000).toFixed(micros < 9950 ? 1 : 0)} ms`

/** A form of the chart: where bars begin, and whether a name stands above its bar, as on a phone. */
interface Form {
  readonly kind: 'wide' | 'narrow'
  readonly width: number
  readonly left: number
  readonly line: number
}
const WIDE: Form = { kind: 'wide', width: 760, left: 262, line: 22 }
const NARROW: Form = { kind: 'narrow', width: 340, left: 0, line: 38 }

/** Both forms; the style sheet shows the one that fits. What they show is said in words once, to those who do not see it. */
export const chartOf = ({ title, rows }: Group): string => [WIDE, NARROW].map((form) => drawn(title, rows, form)).join('\n')

function drawn(title: string, rows: readonly Row[], { kind, width, left, line }: Form): string {
  const room = width - left - 64
  const xOf = (micros: number): number =>
    left + (room * Math.log(Math.min(Math.max(micros, LEAST), MOST) / LEAST)) / Math.log(MOST / LEAST)
  const at = (value: number): string => value.toFixed(1)
  const bars = rows.map(({ name, by, median, quartiles: [low, high] }, index) => {
    const top = index * line
    const y = kind === 'wide' ? top + 3 : top + 18
    const label =
      kind === 'wide'
        ? `<text x="${left - 8}" y="${y + 12}" text-anchor="end" class="${by}">${escaped(name)}</text>`
        : `<text x="0" y="${top + 13}" class="${by}">${escaped(name)}</text>`
    return [
      label,
      `<rect class="${by}" x="${left}" y="${y}" width="${at(xOf(median) - left)}" height="15" rx="2"/>`,
      `<path class="spread" d="M${at(xOf(low))} ${y + 7.5}H${at(xOf(high))}"/>`,
      `<text class="value" x="${at(Math.max(xOf(median), xOf(high)) + 6)}" y="${y + 12}">${shortOf(median)}</text>`,
    ].join('')
  })
  const said = rows.map(({ name, median }) => `${name} ${shortOf(median)}`).join(', ')
  const label = escaped(`${title}. What a session adds to a request that writes, shorter is better: ${said}.`)
  return `<svg class="chart ${kind}" viewBox="0 0 ${width} ${rows.length * line}" role="img" aria-label="${label}">${bars.join('')}</svg>`
}
