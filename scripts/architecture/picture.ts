import { inOrder, type Rooms } from './rooms.ts'

const CELL = 30
const LEFT = 205
const TOP = 168
const BELOW = 64

/** One row and one column for each room, and a dot where the room of the row imports that of the column. An SVG for light and dark pages. */
export function pictureOf(rooms: Rooms): string {
  const order = inOrder(rooms)
  const [width, height] = [LEFT + order.length * CELL + 75, TOP + order.length * CELL + BELOW]
  const edge = order.length * CELL
  const middle = (at: number): number => at * CELL + CELL / 2
  const lines: string[] = []
  order.forEach((name, at) => {
    const x = LEFT + middle(at)
    const y = TOP + middle(at)
    if (at % 2 === 0) lines.push(`<rect class="band" x="8" y="${y - CELL / 2}" width="${LEFT + edge - 8}" height="${CELL}"/>`)
    lines.push(`<rect class="self" x="${x - CELL / 2}" y="${y - CELL / 2}" width="${CELL}" height="${CELL}"/>`)
    lines.push(`<text x="${LEFT - 12}" y="${y + 5}" text-anchor="end">${name}</text>`)
    lines.push(`<text transform="translate(${x + 4} ${TOP - 12}) rotate(-45)">${name}</text>`)
  })
  const dots = order.flatMap((from, row) =>
    order.flatMap((to, column) =>
      rooms.get(from)?.has(to)
        ? [`<circle class="${column < row ? 'up' : 'down'}" cx="${LEFT + middle(column)}" cy="${TOP + middle(row)}" r="7"/>`]
        : [],
    ),
  )
  const told = order.map((name) => `${name}: ${order.filter((to) => rooms.get(name)?.has(to)).join(', ') || 'no other room'}`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc">`,
    '<title id="title">Which room imports which</title>',
    `<desc id="desc">A table with a row and a column for each room of src. Each row and what it imports: ${told.join('; ')}.</desc>`,
    '<style>',
    'text { font: 14px system-ui, sans-serif; fill: #1f2328 }',
    '.page { fill: #ffffff } .band { fill: #f3f5f8 } .self { fill: #d9dee5 } .down { fill: #0b62c4 }',
    '.up { fill: #ffffff; stroke: #b3470b; stroke-width: 3 }',
    '@media (prefers-color-scheme: dark) {',
    'text { fill: #e6edf3 } .page { fill: #0d1117 } .band { fill: #171d26 } .self { fill: #303a47 } .down { fill: #6cb0ff }',
    '.up { fill: #0d1117; stroke: #ffa45c }',
    '}',
    '</style>',
    `<rect class="page" width="${width}" height="${height}" rx="8"/>`,
    ...lines,
    ...dots,
    `<circle class="down" cx="22" cy="${TOP + edge + 24}" r="7"/>`,
    `<text x="38" y="${TOP + edge + 29}">the room of the row imports that of the column</text>`,
    `<circle class="up" cx="22" cy="${TOP + edge + 47}" r="7"/>`,
    `<text x="38" y="${TOP + edge + 52}">the same, against the order: these rooms need each other, their files never do</text>`,
    '</svg>',
    '',
  ].join('\n')
}
