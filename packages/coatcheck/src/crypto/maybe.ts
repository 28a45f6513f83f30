/** A value that is there already, or will be: what is synchronous on `node:crypto` and asynchronous on WebCrypto. */
export type Maybe<T> = T | Promise<T>

/** Goes on with `value`, at once when it is there already. */
export function then<T, U>(value: Maybe<T>, next: (value: T) => Maybe<U>): Maybe<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}
