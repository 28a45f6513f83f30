import { SessionError } from '../../errors.ts'
import type { Page } from '../store.ts'

const NAME = /^[a-z0-9_-]{1,128}$/

/** Whether `name` may be a key or the digest of an owner. */
export function isName(name: string): boolean {
  return NAME.test(name)
}

/** Only names of this form reach a backend. The error does not repeat the name, which whoever made the request may have chosen. */
export function checkName(store: string, name: string): void {
  if (isName(name)) return
  throw new SessionError(
    'BAD_KEY',
    `The ${store} store was given a key or owner that is not 1 to 128 of a-z, 0-9, "_" and "-".`,
    {
      fix: 'Give the store digests, as the engine does.',
    },
  )
}

/** Begins the keys of a store in a backend that others use too. Throws `BAD_OPTIONS`. */
export function checkedPrefix(store: string, prefix: unknown): string {
  if (typeof prefix === 'string' && /^(?=.{1,100}$)[\w.-]+(?::[\w.-]+)*$/.test(prefix)) return prefix
  throw new SessionError(
    'BAD_OPTIONS',
    `${store}: \`prefix\` may have at most 100 letters, digits, "_", "-" and ".", and colons between them.`,
  )
}

/** A page of at most `limit` names out of those that come next in their order, of which one more than that was asked for. */
export function pageOf(names: readonly string[], limit: number): Page {
  const keys = names.slice(0, limit)
  const next = keys.at(-1)
  return names.length > limit && next !== undefined ? { keys, next } : { keys }
}
