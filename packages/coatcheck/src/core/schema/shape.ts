import { SessionError } from '../../errors.ts'
import { Entry, type Reducers, type Revivers } from '../model/codec.ts'
import type { Contents } from '../model/contents.ts'
import type { Shape, ShapeEvent } from '../model/shape.ts'
import { asyncSchema, type Result, type SchemaSettings } from '../options/schema.ts'
import { carry, isPart } from './carry.ts'
import { codingOf } from './codecs.ts'
import { isOwn, type Lifted, Versions } from './versions.ts'

export const shapeOf = (settings: SchemaSettings, now: () => number): Shape => new SchemaShape(settings, now)

/** Whether an entry gives a value, or why it gives none. */
type Outcome = 'fits' | 'misfit' | 'unreadable'

class SchemaShape implements Shape {
  readonly #settings: SchemaSettings
  readonly #now: () => number
  readonly #reducers: Reducers
  readonly #revivers: Revivers
  readonly #versions: Versions
  readonly #outcomes = new WeakMap<Entry, Outcome>()
  /** Values that `fits` has made, for the one who reads them next. */
  readonly #ready = new WeakMap<Entry, { readonly value: unknown }>()

  constructor(settings: SchemaSettings, now: () => number) {
    this.#settings = settings
    this.#now = now
    const { reducers, revivers } = codingOf(settings.codecs ?? [])
    this.#reducers = reducers
    this.#revivers = revivers
    this.#versions = new Versions(settings, this, now)
  }

  of(value: unknown, key: string, until?: number): Entry {
    return Entry.of(value, key, until, this.#reducers)
  }

  take(entry: Entry): unknown {
    return entry.take(this.#revivers)
  }

  opened(contents: Contents, tell: (event: ShapeEvent) => void): void {
    const { newest } = this.#versions
    const { onInvalid } = this.#settings
    const version = this.#versions.of(contents.values)
    if (version > newest) {
      tell({ type: 'newer-version', version })
      return
    }
    const { seen, failed } = this.#versions.lift(contents.values, version)
    if (failed) tell({ type: 'unmigrated', version })
    const misfits = this.#misfits(seen)
    for (const key of misfits) tell({ type: 'invalid-value', key })
    if (onInvalid !== 'throw' || (!failed && misfits.length === 0)) return
    const what = failed ? `cannot be brought from version ${version} to ${newest}` : `does not fit at ${misfits.join(', ')}`
    throw new SessionError('INVALID_SESSION', `What is stored of the session ${what}.`, {
      fix: 'Let `schema` take what is stored, or `migrations` lead there. With `onInvalid: "drop"` the session goes on without it.',
    })
  }

  see(contents: Contents): Contents {
    const version = this.#versions.of(contents.values)
    if (version > this.#versions.newest) return contents
    return { ...contents, values: this.#lifted(contents, version).seen }
  }

  read(entry: Entry, key: string): unknown {
    const ready = this.#ready.get(entry)
    this.#ready.delete(entry)
    return ready ? ready.value : this.#read(entry, key)
  }

  fits(entry: Entry, key: string): boolean {
    let outcome = this.#outcomes.get(entry)
    if (outcome) return outcome === 'fits'
    try {
      this.#ready.set(entry, { value: this.#read(entry, key) })
      outcome = 'fits'
    } catch (error) {
      if (error instanceof SessionError) throw error
      outcome = this.#outcomes.get(entry) ?? 'unreadable'
    }
    this.#outcomes.set(entry, outcome)
    return outcome === 'fits'
  }

  isMisfit(entry: Entry): boolean {
    return this.#outcomes.get(entry) === 'misfit'
  }

  admit(key: string, given: unknown): unknown {
    if (isOwn(key)) return given
    const made = this.#made(key, given)
    if (isPart(made, given)) return given
    const shown = carry(given, made)
    this.#made(key, shown) // it is checked again when it is loaded
    return shown
  }

  through(contents: Contents, holdsValues: boolean, write: (seen: Contents) => Contents): Contents {
    if (!holdsValues) return write(contents)
    const version = this.#versions.of(contents.values)
    if (version > this.#versions.newest) throw newerVersion(version, this.#versions.newest)
    const lifted = this.#lifted(contents, version)
    const next = write({ ...contents, values: lifted.seen })
    return { ...next, values: this.#versions.lower(lifted, next.values) }
  }

  #lifted({ values }: Contents, version: number): Lifted {
    const lifted = this.#versions.lift(values, version)
    const isEmpty = this.#settings.onInvalid === 'empty' && this.#misfits(lifted.seen).length > 0
    return isEmpty ? this.#versions.none(values) : lifted
  }

  #misfits(values: Contents['values']): string[] {
    if (!this.#settings.schema) return []
    const now = this.#now()
    return [...values].flatMap(([key, entry]) => {
      const isShown = !isOwn(key) && !entry.isOpaque && entry.live(now)
      return isShown && !this.fits(entry, key) && this.isMisfit(entry) ? [key] : []
    })
  }

  #read(entry: Entry, key: string): unknown {
    const raw = this.take(entry)
    if (isOwn(key)) return raw
    const result = this.#checked(key, raw)
    if (result.issues) {
      this.#outcomes.set(entry, 'misfit')
      throw new Error('it does not fit the schema')
    }
    return carry(raw, result.value)
  }

  /** What the schema makes of one value. A key that it does not know is not its business. Throws `BAD_VALUE`. */
  #made(key: string, raw: unknown): unknown {
    const result = this.#checked(key, raw)
    if (!result.issues) return result.value
    // Messages of some libraries repeat the value.
    const places = new Set(result.issues.map(({ path }) => placeOf(path ?? [key])))
    throw new SessionError(
      'BAD_VALUE',
      `The value set for ${JSON.stringify(key)} does not fit the schema at ${[...places].join(', ')}.`,
      {
        fix: 'Set what the schema takes, or change the schema and its `version`.',
      },
    )
  }

  #checked(key: string, raw: unknown): Result<unknown> {
    const { schema } = this.#settings
    if (!schema) return { value: raw }
    const result = schema['~standard'].validate({ [key]: raw })
    if ('then' in result) throw asyncSchema()
    if (result.issues) return result
    const { value } = result
    return {
      value:
        typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : raw,
    }
  }
}

/** Such as `cart[0].qty`. */
function placeOf(path: readonly (PropertyKey | { readonly key: PropertyKey })[]): string {
  const names = path.map((part) => (typeof part === 'object' ? part.key : part))
  return names.map((name, at) => (typeof name === 'number' ? `[${name}]` : at === 0 ? String(name) : `.${String(name)}`)).join('')
}

function newerVersion(found: number, newest: number): SessionError {
  return new SessionError(
    'CONFLICT',
    `The session was written by a release whose values are of version ${found}, and this one knows version ${newest}.`,
    {
      fix: 'Nothing was stored. Bring all servers to the newer release, or give its migrations a way back (`down`) while the older one runs.',
    },
  )
}
