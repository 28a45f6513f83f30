/** Rows below each other in columns as wide as their longest text. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? []
  return rows
    .map((row) =>
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Names and what they say, each on a line. */
export const facts = (given: Readonly<Record<string, string | number | undefined>>): string =>
  columns(Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])))

/** UTC, to the second. */
export const timeText = (ms: number): string =>
  Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC` : 'never'

export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

export const bytesOf = (text: string): number => new TextEncoder().encode(text).length

/** Of which kind a value is, and nothing of what it says. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `list of ${value.length}`
  if (typeof value !== 'object') return typeof value
  const name = Object.getPrototypeOf(value)?.constructor?.name ?? 'Object'
  return name === 'Object' ? `object of ${Object.keys(value).length}` : name
}

export const asJson = (value: unknown): string => JSON.stringify(value, null, 2)
