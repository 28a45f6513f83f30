import type { Input } from './target.ts'

/** How often a smaller one may be tried. */
const MOST_TRIES = 2000

/** The smallest input found that is still the same to `same`: parts are left out, halves first, and characters made plain. */
export async function smaller(input: Input, same: (input: Input) => Promise<boolean>): Promise<Input> {
  let tries = 0
  let best = input
  for (let again = true; again; ) {
    again = false
    for (const candidate of candidates(best)) {
      if (++tries > MOST_TRIES) return best
      if (weight(candidate) >= weight(best) || !(await same(candidate))) continue
      best = candidate
      again = true
      break
    }
  }
  return best
}

/** Shorter is smaller; of one length, the one with more plain characters. */
function weight(input: Input): number {
  const text = JSON.stringify(input)
  return text.length * 1000 + (text.length - (text.match(/a/g)?.length ?? 0)) / text.length
}

function* candidates(input: Input): Generator<Input> {
  if (typeof input === 'string') yield* ofText(input)
  else if (Array.isArray(input)) {
    for (const part of halves(input.length)) yield [...input.slice(0, part.from), ...input.slice(part.to)]
    for (const [at, each] of input.entries()) for (const less of candidates(each)) yield input.with(at, less)
  } else if (typeof input === 'object' && input !== null) {
    const entries = Object.entries(input)
    for (const [key] of entries) yield Object.fromEntries(entries.filter(([other]) => other !== key))
    for (const [key, each] of entries) for (const less of candidates(each)) yield { ...input, [key]: less }
  } else if (typeof input === 'number' && input !== 0) yield 0
}

function* ofText(text: string): Generator<string> {
  for (const { from, to } of halves(text.length)) yield text.slice(0, from) + text.slice(to)
  if (text.length > 200) return
  for (let at = 0; at < text.length; at++) if (text[at] !== 'a') yield `${text.slice(0, at)}a${text.slice(at + 1)}`
}

/** Parts of a row, long ones first. */
function* halves(length: number): Generator<{ readonly from: number; readonly to: number }> {
  for (let size = length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from + size <= length; from += size) yield { from, to: from + size }
  }
}
