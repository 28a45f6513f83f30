import { SessionError } from '../../errors.ts'
import { checkName } from '../shared/names.ts'
import type { DynamodbItem } from './client.ts'

// A record is an item (`session#<key>`, `session`); an entry of an owner's index is one (`owner#<owner>`, `<key>#<version it was made with>`).

export const RECORD = 'session'

export function recordKey(key: string): DynamodbItem {
  checkName('DynamoDB', key)
  return { pk: `session#${key}`, sk: RECORD }
}

export const keyOf = ({ pk }: DynamodbItem): string => String(pk).slice('session#'.length)

export function ownerKey(owner: string): string {
  checkName('DynamoDB', owner)
  return `owner#${owner}`
}

export const entryKey = (owner: string, key: string, version: string): DynamodbItem => ({
  pk: ownerKey(owner),
  sk: `${key}#${version}`,
})

/** Seconds that what is over is kept longer, because the clocks of several servers differ. */
const MARGIN = 60

/** DynamoDB removes an item some time after this, in seconds since the epoch. */
export const ttl = (time: number): number => Math.ceil(time / 1000) + MARGIN

/** Clients may be told to give numbers as objects or as BigInts. */
export function toNumber(value: unknown): number {
  const { value: inside } = Object(value) as { readonly value?: unknown }
  return Number(inside ?? value)
}

/** `#name` stands for an attribute, because some names mean something in expressions, and `:name` for a value. */
export function expressed(expressions: Readonly<Record<string, string>>, values: DynamodbItem): object {
  const names = [
    ...Object.values(expressions)
      .join(' ')
      .matchAll(/#(\w+)/g),
  ]
  return {
    ...expressions,
    ExpressionAttributeNames: Object.fromEntries(names.map(([placeholder, name]) => [placeholder, name])),
    ExpressionAttributeValues: Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value])),
  }
}

/** The cursor that `list` gave for the next page. */
export function placeOf(next: string): unknown {
  try {
    return JSON.parse(next)
  } catch (cause) {
    throw new SessionError('BAD_KEY', 'The DynamoDB store was asked to list behind something that is no page of its own.', {
      cause,
    })
  }
}
