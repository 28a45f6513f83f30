import { SessionError } from '../../errors.ts'

/** The number that the server gave its error (error_codes.yml of MongoDB), or what the driver calls its own. */
export function reasonOf(error: unknown): number | string {
  const { code, name } = Object(error) as { readonly code?: unknown; readonly name?: unknown }
  if (typeof code === 'number') return code
  return typeof name === 'string' && name.startsWith('Mongo') ? name : ''
}

/** Whether there is a document with this key, or another process has just made the same. */
export const isTaken = (error: unknown): boolean => reasonOf(error) === 11_000

const PRIMARY =
  'The client speaks to a member that is not the primary, or none is elected. Give it the address of the whole replica set, without `directConnection`.'
const RIGHTS = 'Give this user the role `readWrite` on the database, or a wrong password is in the address.'
const AWAY = 'Look whether the server runs and can be reached from here. The client connects again by itself.'
const INDEX = 'Something else has made an index of the same name or keys. Drop it, or give `mongodbStore` another `collection`.'

const FIXES: Readonly<Record<number | string, string>> = {
  13: RIGHTS,
  18: RIGHTS,
  64: 'Too few members have confirmed the write in time. It may have been kept.',
  72: 'A standalone server knows no `readConcern: linearizable`. Leave it out.',
  85: INDEX,
  86: INDEX,
  100: 'The replica set has too few members that keep data for a majority.',
  189: PRIMARY,
  10107: PRIMARY,
  13435: PRIMARY,
  MongoServerSelectionError: AWAY,
  MongoNetworkError: AWAY,
  MongoNetworkTimeoutError: AWAY,
  MongoNotConnectedError: 'The client was closed. Close it after the last request.',
  MongoClientClosedError: 'The client was closed. Close it after the last request.',
}

export function mongodbFailed(error: unknown): SessionError {
  if (error instanceof SessionError) return error
  const reason = reasonOf(error)
  const fix = FIXES[reason]
  return new SessionError('STORE_FAILED', `MongoDB could not be used${reason === '' ? '' : ` (${reason})`}.`, {
    cause: error,
    ...(fix !== undefined && { fix }),
  })
}
