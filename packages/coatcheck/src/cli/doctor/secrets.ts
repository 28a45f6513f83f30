import type { AdapterOptions } from '../../core/options/options.ts'
import type { StatedSecret } from '../../core/options/secret-states.ts'
import type { SecretSource } from '../../core/options/secrets.ts'
import { type Finding, finding } from './findings.ts'

const DAY = 86_400_000

/** What stands in the documents of ours and of others, and what people write until they have a secret. */
const PUBLISHED = [
  /keyboard ?cat|complex_password|at[_-]least[_-]32|(change|replace)[_-]?(me|this)|your[_-]|(super|my|top)[_-]?secret|example|placeholder/i,
  /^(C7pXz0cJq4vT9wLm2Ks8RbYn5HdGfUe1|u1J8kQe5XnWf3Zs6Yb0MrTi9Va4HcLo7)/,
]

/** What is wrong with the secrets of sessions, which no message shows. */
export async function lookAtSecrets(
  { secrets, store, absoluteTimeout = 30 * 86_400 }: Pick<AdapterOptions, 'secrets' | 'store' | 'absoluteTimeout'>,
  where: string,
  now: number,
): Promise<Finding[]> {
  if (secrets === undefined) return store ? [finding('secret-none', where)] : []
  const given = typeof secrets === 'function' ? await secrets() : isSource(secrets) ? await secrets.read() : secrets
  const list = [given].flat().map((each): StatedSecret => (typeof each === 'string' ? { secret: each } : each))
  const numbered = (at: number): string => (list.length === 1 ? 'The secret' : `Secret ${at + 1} of ${list.length}`)
  const found = list.flatMap(({ secret, until }, at) => [
    ...(PUBLISHED.some((pattern) => pattern.test(secret))
      ? [finding('secret-published', where, `${numbered(at)} is the example of a document, which everybody knows.`)]
      : isGuessable(secret)
        ? [finding('secret-weak', where, `${numbered(at)} has ${secret.length} characters of few kinds, and can be guessed.`)]
        : []),
    ...(until !== undefined && +new Date(until) + absoluteTimeout * 1000 < now
      ? [
          finding(
            'secret-spent',
            where,
            `${numbered(at)} ended ${daysText(now - +new Date(until))} ago, which is longer than any session lasts.`,
          ),
        ]
      : []),
  ])
  return [...found, ...lookAtWriter(list, where, now)]
}

function lookAtWriter(list: readonly StatedSecret[], where: string, now: number): Finding[] {
  const began = ({ from }: StatedSecret) => (from === undefined ? undefined : +new Date(from))
  const ends = ({ until }: StatedSecret) => (until === undefined ? Number.POSITIVE_INFINITY : +new Date(until))
  const writers = list.filter((each) => (each.state ?? 'active') === 'active' && ends(each) > now)
  const writing = writers.filter((each) => (began(each) ?? 0) <= now)
  if (writing.length === 0) return [finding('secret-not-writing', where)]
  const last = Math.max(...writers.map(ends))
  const from = Math.max(...writing.map((each) => began(each) ?? 0))
  return [
    ...(last < now + 14 * DAY
      ? [finding('secret-ends-soon', where, `The last secret that makes tickets ends in ${daysText(last - now)}.`)]
      : []),
    ...(from > 0 && from < now - 365 * DAY
      ? [finding('secret-old', where, `The secret that makes tickets has done so for ${daysText(now - from)}.`)]
      : []),
  ]
}

/** Words, and few letters over and over. Random ones of hexadecimal digits are no less random. */
function isGuessable(secret: string): boolean {
  const isHex = /^[0-9a-f]{32,}$/i.test(secret)
  const isWords = /^[a-z]+([ _-][a-z]+)*$/.test(secret) || /^\d+$/.test(secret)
  return secret.length < 32 || isWords || new Set(secret).size < (isHex ? 8 : 12)
}

const daysText = (ms: number): string => `${Math.floor(ms / DAY)} days`

const isSource = (secrets: NonNullable<AdapterOptions['secrets']>): secrets is SecretSource =>
  typeof secrets === 'object' && 'read' in secrets
