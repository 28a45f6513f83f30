export const COOKIE = 'sid'

/** What a response does to our cookie, read from its lines as a browser does. */
export function effectOf(lines: readonly string[], name: string): { given?: string; cleared: boolean; count: number } {
  let effect: { given?: string; cleared: boolean } = { cleared: false }
  let count = 0
  for (const line of lines) {
    const [pair = '', ...attributes] = line.split(';')
    const equals = pair.indexOf('=')
    // Our cookies are at the path `/`: a line for another leaves them as they are.
    const isElsewhere = attributes.some((attribute) => /^\s*path=\/./i.test(attribute))
    if (pair.slice(0, equals).trim() !== name || isElsewhere) continue
    count++
    const value = pair.slice(equals + 1).trim()
    const isOver = attributes.some((attribute) => /^\s*(max-age=(0|-\d+)|expires=.*\b19\d\d\b.*)\s*$/i.test(attribute))
    effect = isOver || value === '' ? { cleared: true } : { given: value, cleared: false }
  }
  return { ...effect, count }
}

/** The one cookie of ours in somebody's browser. */
export interface Jar {
  ticket: string | undefined
}
