import { readFileSync } from 'node:fs'
import type { ReaderRequest } from '../../src/migrate/format.ts'

/** When the vectors with an end were made. */
export const THEN = 1_700_000_000_000

/** A request with these cookies, as they stand in the header. */
export function asking(
  cookieName: string = 'session',
  cookies: Readonly<Record<string, string>> = {},
  now: number = THEN,
): ReaderRequest {
  return { cookieName, now, cookie: (name) => (Object.hasOwn(cookies, name) ? cookies[name] : undefined) }
}

/** What the real packages made; `Shape` says what of it is used. */
export function vectors<Shape>(name: string): Shape {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8'))
}

/** Name and value of a Set-Cookie line, the value as it stands there. */
export function pairOf(line: string): readonly [name: string, value: string] {
  const [pair = ''] = line.split(';')
  const at = pair.indexOf('=')
  return [pair.slice(0, at), pair.slice(at + 1)]
}

/** The cookies of these Set-Cookie lines, as a header and by name. */
export function presenting(lines: readonly string[]): { readonly header: string; readonly cookies: Record<string, string> } {
  const pairs = lines.map(pairOf)
  return { header: pairs.map((pair) => pair.join('=')).join('; '), cookies: Object.fromEntries(pairs) }
}

const JUNK = [
  '',
  ' ',
  '.',
  '..',
  'null',
  '{}',
  '[]',
  '""',
  '"',
  '%',
  '%E0%A4%A',
  '%00',
  '\u0000',
  '\ud800',
  's:',
  's%3A.',
  '~2',
  '__chunked__1',
  '__chunked__100',
  '__chunked__999999999',
  'Fe26.2*******',
  'Fe25.2**a*b*c**d*e',
  'eyJ9',
  '../../etc/passwd',
  'é€😀',
  'a'.repeat(70_000),
  '%7B'.repeat(30_000),
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
]

/** What somebody might send who has seen `genuine` and cannot make another: cut short, with a character changed, doubled, or junk. */
export function spoiled(genuine: string): string[] {
  const places = Array.from({ length: 24 }, (_, index) => Math.floor((index * genuine.length) / 24))
  return [
    ...JUNK,
    ...places.map((place) => genuine.slice(0, place)),
    ...places.map((place) => genuine.slice(place + 1)),
    ...places.map((place) => genuine.slice(0, place) + (genuine[place] === 'A' ? 'B' : 'A') + genuine.slice(place + 1)),
    `${genuine}${genuine}`,
    `${genuine}.`,
    `x${genuine}`,
  ]
}
