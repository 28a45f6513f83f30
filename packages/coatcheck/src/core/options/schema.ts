import { bad, kind, type Row, words } from './checks.ts'

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

export type Result<Output> = { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly Issue[] }

/** A schema of Zod, Valibot, ArkType or any other library that follows Standard Schema, version 1 (standardschema.dev). */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => Result<Output> | Promise<Result<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

/** The values of a session by its schema: each may be there or not. */
export type DataOf<Schema extends StandardSchema> =
  Schema extends StandardSchema<infer Output>
    ? Output extends object
      ? { [Key in keyof Output]-?: Exclude<Output[Key], undefined> }
      : never
    : never

/** How values of a kind that the library does not know are stored, such as instances of a class. */
export interface Codec<Value = unknown> {
  /** Stands in every stored value of this kind: never change it. */
  readonly name: string
  /** Whether a value is of this kind. Asked for objects that are neither plain nor arrays. */
  is(value: unknown): boolean
  /** What is stored of it: anything that a session takes. Synchronous. */
  encode(value: Value): unknown
  /** The value again. Throws for what it cannot mean. */
  decode(stored: unknown): Value
}

/** What all values of the version before are in this one. Synchronous, pure, and the same each time. `old` may be given the type that they had. */
export type Migrate = { migrate(old: Record<string, unknown>): object }['migrate'] // a method: its parameter may be narrower

/** With `down`, records stay as the version before wrote them, and its release can run beside this one. */
export type Migration = Migrate | { readonly up: Migrate; readonly down: Migrate }

export type OnInvalid = 'drop' | 'empty' | 'throw'

/** What a site may say of its values. */
export interface ValuesOptions {
  /**
   * A schema of Zod, Valibot, ArkType or another library of Standard Schema, for all values as one object whose keys are optional: each value is
   * checked when it is set (`BAD_VALUE`) and when it is loaded (`onInvalid`). Synchronous. Default: nothing is checked.
   */
  readonly schema?: StandardSchema
  /** Of which version the values are that this release stores; what has none is of version 1. Default 1. */
  readonly version?: number
  /** By version, from 2 to `version`: what the values of the version before are in it. Default: none. */
  readonly migrations?: Readonly<Record<number, Migration>>
  /**
   * What becomes of a stored value that does not fit `schema`, besides the event `invalid-value`: it is not shown (`drop`), no value of the session
   * is (`empty`), or opening fails with `INVALID_SESSION` (`throw`). Where no migration leads on (event `unmigrated`), `drop` is `empty`. Default `drop`.
   */
  readonly onInvalid?: OnInvalid
  /** How values of other kinds are stored, such as instances of your own classes. Default: none. */
  readonly codecs?: readonly Codec[]
}

/** What it says. */
export interface SchemaSettings extends ValuesOptions {
  readonly version: number
  readonly onInvalid: OnInvalid
}

function checkSchema(schema: unknown): undefined {
  const standard: unknown = (Object(schema) as Partial<StandardSchema>)['~standard']
  const { version, validate } = Object(standard) as Partial<StandardSchema['~standard']>
  if (version !== 1 || typeof validate !== 'function')
    throw bad('schema', `is ${kind(schema)} without \`~standard\``, 'Pass a schema of Zod 3.24, Valibot 1, ArkType 2 or later.')
  let result: ReturnType<StandardSchema['~standard']['validate']>
  try {
    result = (schema as StandardSchema)['~standard'].validate({})
  } catch {
    throw bad('schema', 'throws for an empty object', 'A session begins empty: make every key optional.')
  }
  if ('then' in result) throw asyncSchema()
  if (result.issues)
    throw bad(
      'schema',
      'does not take an empty object, and every session begins as one',
      "Make every key optional: `z.object({…}).partial()`, `v.partial(v.object({…}))`, `type({ 'cart?': … })`.",
    )
}

export const asyncSchema = (): ReturnType<typeof bad> =>
  bad(
    'schema',
    'is asynchronous, and values are checked while `set` is called',
    'Take out what awaits (async refinements, `objectAsync`), and check that before you call `set`.',
  )

const checkVersion = (version: unknown): string | undefined =>
  Number.isSafeInteger(version) && (version as number) >= 1 ? undefined : 'Give a whole number from 1 on.'

function checkCodecs(codecs: unknown): string | undefined {
  if (!Array.isArray(codecs)) return 'Pass a list of `{ name, is, encode, decode }`.'
  const names = new Set<unknown>()
  for (const each of codecs as unknown[]) {
    const codec = Object(each) as Record<string, unknown>
    const { name } = codec
    if (typeof name !== 'string' || name === '' || names.has(name)) return 'Give each codec a name of its own, a text.'
    const missing = ['is', 'encode', 'decode'].find((part) => typeof codec[part] !== 'function')
    if (missing) return `Give the codec ${JSON.stringify(name)} a function \`${missing}\`.`
    names.add(name)
  }
  return undefined
}

/** Their rows. */
export const VALUES: { readonly [Name in keyof ValuesOptions]-?: Row<Exclude<ValuesOptions[Name], undefined>> } = {
  schema: { check: checkSchema },
  version: { check: checkVersion },
  migrations: { check: (given) => (typeof given === 'object' && given !== null ? undefined : 'Pass an object of functions.') },
  onInvalid: words('drop', 'empty', 'throw'),
  codecs: { check: checkCodecs },
}

/** What is said of the values. undefined: nothing. Throws `BAD_OPTIONS`. */
export function schemaOf(
  { version = 1, ...options }: ValuesOptions & { readonly onInvalid: OnInvalid },
  given: Partial<Record<keyof SchemaSettings, unknown>>,
): SchemaSettings | undefined {
  const { migrations = {} } = options
  const steps = Object.keys(migrations).map(Number)
  const outside = steps.find((step) => !(Number.isInteger(step) && step >= 2 && step <= version))
  if (outside !== undefined)
    throw bad('migrations', `has a step to version ${outside}`, `Steps lead to versions from 2 to \`version\`, ${version}.`)
  const first = Math.min(version + 1, ...steps)
  for (let step = Math.min(first, version); step <= version && version > 1; step++) checkStep(step, migrations[step])
  const { onInvalid, schema, codecs } = given
  if (onInvalid !== undefined && schema === undefined && version === 1)
    throw bad('onInvalid', 'is set without a `schema` or a `version`', 'Leave it out: nothing is checked.')
  return [schema, given.version, codecs].every((one) => one === undefined) ? undefined : { ...options, version }
}

function checkStep(step: number, migration: unknown): void {
  const { up, down } = Object(migration) as { readonly up?: unknown; readonly down?: unknown }
  if (typeof migration === 'function' || (typeof up === 'function' && typeof down === 'function')) return
  throw bad(
    `migrations[${step}]`,
    `is ${kind(migration)}`,
    `Pass a function of the values of version ${step - 1}, or \`{ up, down }\`; \`() => ({})\` begins afresh.`,
  )
}
