import type { Values } from '../express-session/session.ts'

/**
 * An object whose properties are the values of a session, beside what `own` and its prototype have. As in koa-session and cookie-session, a function
 * belongs to the object alone; so does a key for which `isApart` is true.
 */
export function withValues<Own extends object>(
  own: Own,
  values: () => Values,
  isApart: (key: string) => boolean = () => false,
): Own {
  const isOwn = (key: string | symbol): boolean =>
    typeof key === 'symbol' || key === '' || key === '__proto__' || isApart(key) || key in own
  const put = (key: string, value: unknown): boolean => {
    if (typeof value === 'function') {
      values().delete(key)
      return Reflect.set(own, key, value)
    }
    values().set(key, value)
    return true
  }
  const isMethodOver = (key: string | symbol, value: unknown): key is string =>
    typeof key === 'string' &&
    typeof value !== 'function' &&
    !isApart(key) &&
    typeof Reflect.getOwnPropertyDescriptor(own, key)?.value === 'function' &&
    !(key in (Object.getPrototypeOf(own) as object))
  return new Proxy(own, {
    get: (_, key) => (isOwn(key) ? Reflect.get(own, key) : values().get(key as string)),
    has: (_, key) => (isOwn(key) ? key in own : values().has(key as string)),
    set(_, key, value) {
      if (isMethodOver(key, value)) Reflect.deleteProperty(own, key)
      return isOwn(key) ? Reflect.set(own, key, value) : put(key as string, value)
    },
    defineProperty: (_, key, descriptor) =>
      isOwn(key) || !('value' in descriptor)
        ? Reflect.defineProperty(own, key, descriptor)
        : put(key as string, descriptor.value),
    deleteProperty(_, key) {
      if (isOwn(key)) return Reflect.deleteProperty(own, key)
      values().delete(key as string)
      return true
    },
    ownKeys: () => [...new Set([...Reflect.ownKeys(own), ...values().keys()])],
    getOwnPropertyDescriptor(_, key) {
      if (isOwn(key)) return Reflect.getOwnPropertyDescriptor(own, key)
      if (!values().has(key as string)) return undefined
      return { value: values().get(key as string), writable: true, enumerable: true, configurable: true }
    },
  })
}
