import { readFileSync } from 'node:fs'

/** The Set-Cookie lines of one answer, where they came from, where the next request goes, and its Cookie header. */
export interface CookieCase {
  readonly name: string
  readonly lines: readonly string[]
  readonly from: string
  readonly to: string
  /** As the cases say it: by RFC 6265, of 2011. */
  readonly sent: string
}

interface Vectors {
  readonly cases: readonly (readonly [name: string, lines: readonly string[], sent: string, to?: string])[]
  readonly dates: readonly (readonly [text: string, time: string | null])[]
}
const vectors: Vectors = JSON.parse(readFileSync(new URL('../vectors/http-state.json', import.meta.url), 'utf8'))

/** The cookie cases of the IETF's working group http-state. */
export const COOKIE_CASES: readonly CookieCase[] = vectors.cases.map(([name, lines, sent, to = '/cookie-parser-result']) => {
  const from = `http://home.example.org:8888/cookie-parser?${name}`
  return { name, lines, from, to: new URL(to, from).href, sent }
})

export const DATE_CASES: Vectors['dates'] = vectors.dates

const NAMELESS = 'a line without a name is a cookie without a name'
/** What RFC 6265bis decided otherwise; Chromium is asked about each. */
export const CHANGED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...['0004', '0021', '0023', '0024', '0025', '0026', '0027', '0028', 'CHROMIUM0009', 'CHROMIUM0010', 'CHROMIUM0012'],
      ...['MOZILLA0012', 'MOZILLA0014', 'MOZILLA0015', 'MOZILLA0016', 'MOZILLA0017'],
      ...['NAME0023', 'NAME0028', 'NAME0031', 'NAME0032', 'NAME0033'],
    ].map((name) => [name, NAMELESS]),
  ),
  DISABLED_CHROMIUM0022: 'a control character drops the line',
  DISABLED_CHROMIUM0023: 'a control character drops the line',
  DISABLED_PATH0029: 'a path is compared as it is written',
  OPTIONAL_DOMAIN0042: 'of several Domain the last counts, also when it is empty',
}
