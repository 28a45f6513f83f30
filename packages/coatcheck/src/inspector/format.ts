import { type Html, html } from './html.ts'

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const
const LAST = UNITS[3]

/** A stretch of time in its largest unit, and in the next where there are few of that. */
export function span(milliseconds: number): string {
  const at = UNITS.findIndex(([, size]) => milliseconds >= size)
  const [[name, size], next] = [UNITS[at] ?? LAST, UNITS[at + 1]]
  const count = Math.floor(milliseconds / size)
  const rest = next && count < 3 ? Math.floor((milliseconds % size) / next[1]) : 0
  return `${count} ${name}${rest > 0 && next ? ` ${rest} ${next[0]}` : ''}`
}

/** How far a time is from now, either way. */
export function distance(at: number, now: number): string {
  return at > now ? `in ${span(at - now)}` : `${span(now - at)} ago`
}

/** `2026-11-22 09:51:52`, in UTC. */
export function utc(at: number): string {
  return isoOf(at).slice(0, 19).replace('T', ' ')
}

/** Clocks and records may name any number. */
export const isoOf = (at: number): string => new Date(Math.abs(at) <= 8_640_000_000_000_000 ? at : 0).toISOString()

/** A time that shows how far it is, and says when it was to who points at it. */
export function when(at: number, now: number): Html {
  return html`<time datetime="${isoOf(at)}" title="${utc(at)} UTC">${distance(at, now)}</time>`
}

/** A time in full. */
export function moment(at: number): Html {
  return html`<time datetime="${isoOf(at)}">${utc(at)}</time>`
}

export function bytes(count: number): string {
  if (count < 10_000) return `${grouped(count)} B`
  return count < 10_000_000 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1_000_000).toFixed(1)} MB`
}

/** With a narrow space after each three digits. */
export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, '\u202f')

/** UTF-8 bytes of a text. */
export const lengthOf = (text: string): number => new TextEncoder().encode(text).length

/** Enough of a handle to tell two apart. */
export const short = (handle: string): string => (handle.length > 12 ? `${handle.slice(0, 10)}…` : handle)

export const plural = (count: number, one: string, many = `${one}s`): string => `${grouped(count)} ${count === 1 ? one : many}`
