import { cp } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { copyOfSources, replaced } from '../helpers/mutated.ts'
import type { Target } from './target.ts'

/** A deliberate fault of a reader, made in a copy of the sources, and what the search of a target must say of it. */
export interface Mutant {
  readonly fault: string
  readonly target: string
  readonly file: string
  readonly from: string
  readonly to: string
  readonly shows: RegExp
}

export const MUTANTS: readonly Mutant[] = [
  {
    fault: 'a stored ticket opens without its MAC',
    target: 'cookie',
    file: 'core/persistence/stored/stored.ts',
    from: "if (typeof verified === 'string') return { refused: verified }",
    to: "if (typeof verified === 'string') return { id: encode((decode(ticket) ?? new Uint8Array(99)).subarray(21)), stale: false }",
    shows: /a session opens for its own ticket only/,
  },
  {
    fault: 'a ticket of another version throws',
    target: 'ticket',
    file: 'crypto/tokens.ts',
    from: "if (start[0] !== version) return 'unknown-version'",
    to: "if (start[0] !== version) throw new TypeError('a version that nobody knows')",
    shows: /^TypeError: a version that nobody knows/,
  },
  {
    fault: 'how long a session lasts is read, and not kept',
    target: 'codec',
    file: 'core/model/contents.ts',
    from: '...(lasts !== undefined && { lasts }),\n    ...(since',
    to: '...(since',
    shows: /^Broken/,
  },
  {
    fault: 'a signed cookie is taken without its signature',
    target: 'migrate',
    file: 'migrate/signed.ts',
    from: '(platform().equal(mac, given) ?',
    to: '(mac ?',
    shows: /what opens is what the other library wrote/,
  },
  {
    fault: 'a sealed record is not bound to its times',
    target: 'record',
    file: 'core/persistence/stored/record-access.ts',
    from: "{ owner = '', createdAt, endsAt }: Meta) => [",
    to: "{ owner = '', createdAt, endsAt }: Meta) => [key, owner] ?? [",
    shows: /a sealed record opens as it was sealed/,
  },
  {
    fault: 'a record of a store is not checked',
    target: 'answers',
    file: 'core/persistence/stored/record-access.ts',
    from: "if (typeof data !== 'string' || !areTimes || (owner !== undefined && typeof owner !== 'string')) return undefined",
    to: 'void areTimes',
    shows: /^TypeError/,
  },
  {
    fault: 'secrets of another library are not checked',
    target: 'options',
    file: 'migrate/signed.ts',
    from: "const isRight = (secret: unknown) => (typeof secret === 'string' || secret instanceof Uint8Array) && secret.length >= least",
    to: 'const isRight = () => true',
    shows: /^\w*Error: foreign/,
  },
]

const here = dirname(fileURLToPath(import.meta.url))
export const FOLDER: string = join(here, '../../.cache/fuzz-mutants')

/** The targets, made from a copy of the sources with this fault. */
export async function targetsOf(mutant: Mutant): Promise<readonly Target[]> {
  const copy = join(FOLDER, mutant.target)
  const filter = (path: string) => !/\.test\.ts$|[\\/]mutants\.ts$/.test(path)
  await copyOfSources(join(copy, 'src'))
  for (const part of ['test/fuzz', 'test/helpers'])
    await cp(join(here, '../..', part), join(copy, part), { recursive: true, filter })
  await replaced(copy, join('src', mutant.file), mutant.from, mutant.to)
  return ((await import(join(copy, 'test/fuzz/targets.ts'))) as { readonly TARGETS: readonly Target[] }).TARGETS
}
