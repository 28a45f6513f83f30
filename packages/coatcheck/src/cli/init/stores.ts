/** A store that `init` can write: what a file needs to have one. */
export interface StoreText {
  /** Lines of import. */
  readonly imports: readonly string[]
  /** Lines before the sessions are made. */
  readonly setup: readonly string[]
  readonly expression: string
  /** As an option of an object, without the comma. */
  readonly option: string
  /** After the option. */
  readonly comment: string
  /** Packages that have to be installed. */
  readonly packages: readonly string[]
}

export const STORES = ['memory', 'sqlite', 'redis', 'postgres'] as const
export type StoreName = (typeof STORES)[number]

/** `canWait`: whether the file may have an `await` at its top, which a file that is loaded by `require` may not. */
export function storeText(name: StoreName, canWait: boolean): StoreText {
  const importOf = (kind: string): string => `import { ${kind}Store } from 'coatcheck/stores/${kind}'`
  const waited = (call: string, why: string): string =>
    (canWait ? `await ${call}` : `${call}.catch((error) => console.error(error))`) + why
  const plain = { imports: [importOf(name)], setup: [], comment: '', packages: [] }
  switch (name) {
    case 'memory':
      return {
        ...plain,
        ...of('memoryStore()'),
        comment: ' // a store that all processes share, on a real site',
      }
    case 'sqlite':
      return { ...plain, ...of("sqliteStore({ path: 'sessions.sqlite' })") }
    case 'redis':
      return {
        ...plain,
        ...of('redisStore(client)'),
        imports: [importOf('redis'), "import { createClient } from 'redis'"],
        setup: [
          "const client = createClient({ url: process.env.REDIS_URL ?? 'redis://127.0.0.1:6379' })",
          "client.on('error', (error) => console.error(error)) // without a listener, a lost connection would end the process",
          waited('client.connect()', ''),
        ],
        packages: ['redis'],
      }
    case 'postgres':
      return {
        ...plain,
        expression: 'store',
        option: 'store',
        imports: [importOf('postgres'), "import { Pool } from 'pg'"],
        setup: [
          'const pool = new Pool({ connectionString: process.env.POSTGRES_URL })',
          "pool.on('error', (error) => console.error(error)) // without a listener, a lost connection would end the process",
          '',
          'const store = postgresStore(pool)',
          waited('store.migrate()', ' // makes the table, if it is not there'),
        ],
        packages: ['pg'],
      }
  }
}

const of = (expression: string) => ({ expression, option: `store: ${expression}` })

/** A store in a file of its own. */
export const STORE = `%imports%%setup%
export const store = %expression%
`

/**
 * Fills in a text. `«…»` is left out in JavaScript. `%imports%` and `%setup%` are whole lines; `%store%` is the option `store: …` on a line of its own,
 * `%option%` the same within a line, `%expression%` the store alone.
 */
export function fill(template: string, isTypeScript: boolean, store: StoreText): string {
  const lines = (each: readonly string[]): string => each.map((line) => `${line}\n`).join('')
  const filled = template
    .replace(/«([\s\S]*?)»/g, isTypeScript ? '$1' : '')
    .replace(/%imports%\n?/, () => lines(store.imports))
    .replace('%setup%', () => (store.setup.length > 0 ? `\n${lines(store.setup)}` : ''))
    .replace('%store%', () => `${store.option},${store.comment}`)
    .replace('%option%', () => store.option)
    .replace('%expression%', () => store.expression)
  // The setup has made it already.
  return filled.endsWith('\nexport const store = store\n')
    ? filled.replace(/^const store = /m, 'export const store = ').replace('\nexport const store = store\n', '')
    : filled
}
