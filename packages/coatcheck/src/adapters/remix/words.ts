import { SessionError, type SessionErrorCode } from '../../errors.ts'

/** Fixes in the words of Remix and React Router. */
const FIXES: Partial<Record<SessionErrorCode, string>> = {
  COOKIE_TOO_LARGE: 'Keep less in the session, or keep it elsewhere: createSessionStorage({ cookie, store }).',
  ENDED: 'destroySession() ended the session. To go on with an empty one, call getSession() without a header.',
  TOO_LATE: 'Call commitSession() or destroySession() before the response is returned, and put their line on it.',
  NOT_WRAPPED: 'Export the middleware as `middleware` from the root route.',
}

/** The application's functions, by the engine's name of the call. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  create: 'createData',
  read: 'readData',
  update: 'updateData',
  delete: 'deleteData',
}

/** The same error, in the words of the framework. */
export function inItsWords(error: unknown, isDatabase: boolean): unknown {
  if (!(error instanceof SessionError)) return error
  const { code, message, fix, cause } = error
  const said = message.slice(0, message.length - fix.length - 1)
  const what = isDatabase
    ? said.replace(/^The store (?:failed at|did not answer) "(\w+)"|^create\(\)/, (all, name: string | undefined) =>
        all.replace(name ?? 'create', FUNCTIONS[name ?? 'create'] ?? all).replace('The store', 'The database of this storage'),
      )
    : said
  const better = code === 'BAD_OPTIONS' && /^The option `secrets` is missing/.test(said) ? SECRETS : (FIXES[code] ?? fix)
  const inWords = better.replace('create()', 'createData()')
  if (what === said && inWords === fix) return error
  const told = new SessionError(code, what, { fix: inWords, ...(cause !== undefined && { cause }) })
  if (error.stack) told.stack = error.stack.replace(message, told.message)
  return told
}

const SECRETS =
  'Add one line to the `cookie` of the storage, `secrets: [process.env.SESSION_SECRET]`, and set that variable to what `openssl rand -base64 33` prints.'

/** A function whose errors are in the words of the framework. */
export function worded<Args extends unknown[], R>(
  isDatabase: boolean,
  run: (...args: Args) => Promise<R>,
): (...args: Args) => Promise<R> {
  return async (...args) => {
    try {
      return await run(...args)
    } catch (error) {
      throw inItsWords(error, isDatabase)
    }
  }
}
