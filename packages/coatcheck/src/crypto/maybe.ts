/** A value that is there already, or will be: what is synchronous on `node:crypto` and asynchronous on WebCrypto. */
export type Maybe<T> = T | Promise<T>

/** Goes on with `value`, at once when it is there already. (Not called `then`: a module that exports that name is a thenable.) */
export function andThen<T, U>(value: Maybe<T>, next: (value: T) => Maybe<U>): Maybe<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** What `act` gives; when it fails, `undo` runs before the failure goes on. */
export function orElse<T>(act: () => Maybe<T>, undo: (error: unknown) => void): Maybe<T> {
  const failed = (error: unknown): never => {
    undo(error)
    throw error
  }
  try {
    const value = act()
    return value instanceof Promise ? value.catch(failed) : value
  } catch (error) {
    return failed(error)
  }
}
