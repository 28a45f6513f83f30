import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { knownAs } from './known.ts'
import { Random } from './random.ts'
import { smaller } from './shrink.ts'
import type { Input, Target } from './target.ts'

export interface Found {
  /** The input as it was drawn or kept, and the smallest that breaks the same promise. */
  readonly input: Input
  readonly smallest: Input
  readonly why: string
  /** Where it came from: a number of the corpus, or the place in the order that the seed gives. */
  readonly from: string
  /** Who repairs it, when that is known already. */
  readonly known: string | undefined
}

export interface Search {
  readonly target: string
  readonly seed: number
  /** Inputs of the corpus. */
  readonly kept: number
  /** How many were drawn, those of a run that was resumed among them. */
  readonly drawn: number
  readonly found: readonly Found[]
  readonly ends: Readonly<Record<string, number>>
}

export interface Effort {
  readonly inputs: number
  readonly seed: number
  /** After so many different ones that nobody knew the search ends: what breaks everything is seen at once. Default 10. */
  readonly most?: number
  /** How many were tried in an earlier run. */
  readonly from?: number
  /** What is known already is made smaller, too. */
  readonly thorough?: boolean
  /** Told now and then how far it is, and what was found so far. */
  readonly progress?: (drawn: number, found: readonly Found[]) => void
}

const TURN = 250
const PROGRESS = 10_000

const corpusOf = (name: string) => new URL(`./corpus/${name}.json`, import.meta.url)

/** What is tried first in every run: seeds, and whatever was found before. */
export function corpus(name: string): readonly Input[] {
  return JSON.parse(readFileSync(corpusOf(name), 'utf8'))
}

/** Adds what was found; it stands there as it is tried. */
export function keep(name: string, inputs: readonly Input[]): void {
  const path = corpusOf(name)
  const all = existsSync(path) ? corpus(name) : []
  const texts = [...new Set([...all, ...inputs].map((input) => JSON.stringify(input)))]
  mkdirSync(new URL('.', path), { recursive: true })
  writeFileSync(path, `[\n${texts.map((text) => `  ${text}`).join(',\n')}\n]\n`)
}

/** Tries the corpus, then as many inputs as asked for, in the order that the seed gives. */
export async function search(
  target: Target,
  { inputs, seed, most = 10, from = 0, thorough = false, progress }: Effort,
): Promise<Search> {
  const running = await target.open()
  const found: Found[] = []
  const met = new Set<string>()
  const unhandled: unknown[] = []
  const listen = (reason: unknown) => void unhandled.push(reason)
  // A test runner that listens would take those of the search for its own.
  const others = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', listen)

  /** Why an input breaks a promise; undefined: it breaks none. `alone`: rejections that nobody handles are its own. */
  async function why(input: Input, alone: boolean): Promise<string | undefined> {
    try {
      await running.check(input)
    } catch (error) {
      return said(error)
    }
    if (!alone) return undefined
    await turn()
    return unhandled.length > 0 ? `a rejection that nobody handles: ${said(unhandled.splice(0)[0])}` : undefined
  }
  async function attempt(input: Input, place: string, alone: boolean): Promise<void> {
    const broken = await why(input, alone)
    if (broken === undefined || met.has(kindOf(broken))) return
    met.add(kindOf(broken))
    const known = knownAs(target.name, broken)
    const same = async (other: Input) => kindOf((await why(other, alone)) ?? '') === kindOf(broken)
    const smallest = known === undefined || thorough ? await smaller(input, same) : input
    found.push({ input, smallest, why: broken, from: place, known })
  }

  const kept = corpus(target.name)
  const draw = (at: number) => running.draw(new Random(target.name, seed, at))
  try {
    for (const [number, input] of kept.entries()) await attempt(filled(input, running.genuine), `corpus ${number}`, true)
    for (let at = from; at < inputs && found.filter(({ known }) => known === undefined).length < most; ) {
      const first = at
      for (const end = Math.min(at + TURN, inputs); at < end; at++) await attempt(draw(at), `seed ${seed}, input ${at}`, false)
      await turn()
      // Whose it was is known when each is tried by itself.
      if (unhandled.length > 0) {
        const [reason] = unhandled.splice(0)
        const before = found.length
        for (let again = first; again < at; again++) await attempt(draw(again), `seed ${seed}, input ${again}`, true)
        const kind = `a rejection that nobody handles: ${said(reason)}`
        if (found.length === before && !met.has(kindOf(kind)))
          found.push({
            input: null,
            smallest: null,
            why: kind,
            from: `seed ${seed}, inputs ${first} to ${at - 1}`,
            known: knownAs(target.name, kind),
          })
        met.add(kindOf(kind))
      }
      if (at % PROGRESS < TURN) progress?.(at, found)
    }
  } finally {
    process.off('unhandledRejection', listen)
    for (const other of others) process.on('unhandledRejection', other)
  }
  const ends = Object.fromEntries([...running.ends].sort(([, a], [, b]) => b - a))
  return { target: target.name, seed, kept: kept.length, drawn: inputs, found, ends }
}

/** Node tells of a rejection that nobody handles once its queue is empty. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

const said = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}\n${placeOf(error)}` : `${String(error)} was thrown`

/** Where it was thrown, without the path to the repository. */
function placeOf(error: Error): string {
  const lines = (error.stack ?? '').split('\n').filter((line) => /^\s+at .*(\/src\/|\/targets\/)/.test(line))
  return lines
    .slice(0, 3)
    .map((line) => line.replace(/\(?(file:\/\/)?\/\S*?\/(packages\/coatcheck\/)/, '($2'))
    .join('\n')
}

/** The promise that was broken and where, without the particulars of this input. */
function kindOf(why: string): string {
  const [what = '', at = ''] = why.split('\n', 2)
  return `${what.split(': ').slice(0, 2).join(': ').replace(/\d+/g, '0').slice(0, 160)} ${at}`
}

/** An input of the corpus, with its artefacts in their places. */
function filled(input: Input, genuine: Readonly<Record<string, string>>): Input {
  if (typeof input === 'string') return input.replace(/\{([\w ]+)\}/g, (whole, name: string) => genuine[name] ?? whole)
  if (typeof input !== 'object' || input === null) return input
  if (Array.isArray(input)) return input.map((each) => filled(each, genuine))
  return Object.fromEntries(Object.entries(input).map(([key, each]) => [key, filled(each, genuine)]))
}
