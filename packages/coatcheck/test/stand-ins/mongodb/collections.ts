import { BSON } from 'mongodb'

export type Doc = BSON.Document

/** What a server answers instead: its number (error_codes.yml of MongoDB) and its words. */
export class Refusal extends Error {
  readonly code: number
  constructor(code: number, words: string) {
    super(words)
    this.code = code
  }
}

/** The most bytes of one document. */
export const MOST_BYTES: number = 16 * 1024 * 1024

interface Index {
  readonly name: string
  readonly key: Doc
}

/**
 * The collections of one server, with as much of MongoDB's query and update languages as `mongodbStore` uses, after the manual; what is not
 * here is refused, and never taken for something else. An operation on a document is atomic, as it is there.
 */
export class Collections {
  readonly #documents = new Map<string, Map<unknown, Doc>>()
  readonly #indexes = new Map<string, Index[]>()

  find(name: string, filter: Doc, { sort, limit = 0, projection }: { sort?: Doc; limit?: number; projection?: Doc }): Doc[] {
    const found = this.#matching(name, filter)
    const by = Object.entries(sort ?? {})
    found.sort((one, other) => {
      for (const [field, direction] of by) {
        const order = compared(one[field], other[field])
        if (order !== 0) return order * direction
      }
      return 0
    })
    const some = limit > 0 ? found.slice(0, limit) : found
    if (!projection) return some
    if (JSON.stringify(projection) !== '{"_id":1}') throw new Refusal(2, 'The stand-in projects nothing but _id.')
    return some.map(({ _id }) => ({ _id }))
  }

  insert(name: string, document: Doc): void {
    sized(document)
    const all = this.#all(name)
    if (all.has(document._id)) {
      const { _id } = document
      throw new Refusal(11_000, `E11000 duplicate key error collection: ${name} index: _id_ dup key: { _id: "${_id}" }`)
    }
    all.set(document._id, document)
  }

  /** How many were found. */
  update(name: string, filter: Doc, update: Doc): number {
    const [there] = this.#matching(name, filter)
    if (!there) return 0
    const next = { ...there }
    for (const [operator, fields] of Object.entries(update)) {
      for (const [field, value] of Object.entries(fields)) {
        if (operator === '$set') next[field] = value
        else if (operator === '$max') {
          if (compared(next[field], value) < 0) next[field] = value
        } else throw new Refusal(9, `Unknown modifier: ${operator}.`)
      }
    }
    sized(next)
    this.#all(name).set(next._id, next)
    return 1
  }

  /** How many were removed; `limit` 0 is all. */
  delete(name: string, filter: Doc, limit: number): number {
    const found = this.#matching(name, filter)
    const some = limit === 0 ? found : found.slice(0, limit)
    for (const { _id } of some) this.#all(name).delete(_id)
    return some.length
  }

  createIndexes(name: string, wanted: readonly Index[]): void {
    const there = this.#indexes.get(name) ?? []
    for (const index of wanted) {
      const same = there.find((each) => each.name === index.name || JSON.stringify(each.key) === JSON.stringify(index.key))
      if (!same) there.push(index)
      else if (JSON.stringify(same) !== JSON.stringify(index))
        throw new Refusal(85, `An equivalent index already exists with different options: ${same.name}.`)
    }
    this.#indexes.set(name, there)
  }

  indexes(name: string): readonly Index[] {
    return this.#indexes.get(name) ?? []
  }

  #all(name: string): Map<unknown, Doc> {
    const all = this.#documents.get(name) ?? new Map<unknown, Doc>()
    this.#documents.set(name, all)
    return all
  }

  #matching(name: string, filter: Doc): Doc[] {
    const all = this.#all(name)
    const one = typeof filter._id === 'string' ? all.get(filter._id) : undefined
    const some = typeof filter._id === 'string' ? (one ? [one] : []) : [...all.values()]
    return some.filter((document) => Object.entries(filter).every(([field, wanted]) => matches(document[field], wanted)))
  }
}

function matches(value: unknown, wanted: unknown): boolean {
  const conditions = Object.entries(Object(wanted))
  if (wanted instanceof Date || !conditions.some(([operator]) => operator.startsWith('$')) || typeof wanted === 'string')
    return isEqual(value, wanted)
  return conditions.every(([operator, to]) => {
    if (operator === '$in') return Array.isArray(to) && to.some((each) => isEqual(value, each))
    // Only values of one type are compared with each other ("type bracketing").
    if (typeOf(value) !== typeOf(to)) return false
    if (operator === '$gt') return compared(value, to) > 0
    if (operator === '$lte') return compared(value, to) <= 0
    throw new Refusal(2, `unknown operator: ${operator}`)
  })
}

const isEqual = (one: unknown, other: unknown): boolean => typeOf(one) === typeOf(other) && compared(one, other) === 0
const typeOf = (value: unknown): string => (value instanceof Date ? 'date' : typeof value)
/** What is missing comes first, as null does. */
const ORDER = ['undefined', 'number', 'string', 'date']

function compared(one: unknown, other: unknown): number {
  const types = ORDER.indexOf(typeOf(one)) - ORDER.indexOf(typeOf(other))
  if (types !== 0) return types
  const [a, b] = [one, other].map((value) => (value instanceof Date ? value.getTime() : value)) as [string, string]
  return a < b ? -1 : a > b ? 1 : 0
}

function sized(document: Doc): void {
  if (BSON.calculateObjectSize(document) > MOST_BYTES)
    throw new Refusal(10_334, `BSONObj size is invalid. Size must be between 0 and ${MOST_BYTES}.`)
}
