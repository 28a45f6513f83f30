import { isObject, ownValues, type Values, valuesOf } from './json.ts'

/** How Remix names a flash value among the others: its library, and those that write in its format, keep both in one object. */
const FLASH = /^__flash_(.*)__$/s

/** The values and the flash values of an object that holds both. */
export function remixFlash(data: Values): { readonly values: Values; readonly flash: Values } {
  const entries = Object.entries(data).map(([key, value]) => ({ key, name: FLASH.exec(key)?.[1], value }))
  return {
    values: ownValues(entries.flatMap(({ key, name, value }) => (name === undefined ? [[key, value]] : []))),
    flash: ownValues(entries.flatMap(({ name, value }) => (name === undefined ? [] : [[name, value]]))),
  }
}

/** Values and flash values as one object, each flash value as `__flash_<key>__`. */
export function withFlash(values: Values, flash: Values = {}): Values {
  return Object.fromEntries([
    ...Object.entries(values),
    ...Object.entries(flash).map(([key, value]) => [`__flash_${key}__`, value] as const),
  ])
}

/** The key of the flash value that is meant by the name under which it is stored. */
export const flashNameIn = (key: string): string | undefined => FLASH.exec(key)?.[1]

/** The name under which the engine keeps the value whose key is empty, which it knows no other way. */
export const NAMELESS = '\u0000'

/** An object of both, as the engine can keep it: no key is empty. */
export const withNames = (data: Values): Values => renamed(data, '', NAMELESS)

/** Values of another library in the form that the engine can keep; undefined for anything but an object. */
export const namedValues = (content: unknown): Values | undefined => valuesOf(isObject(content) ? withNames(content) : content)

/** The same as the other library has it. */
export const withoutNames = (data: Values): Values => renamed(data, NAMELESS, '')

function renamed(data: Values, from: string, to: string): Values {
  const entries = Object.entries(data).map(([key, value]): readonly [string, unknown] => {
    if (key === from) return [to, value]
    return [key === `__flash_${from}__` ? `__flash_${to}__` : key, value]
  })
  return Object.fromEntries(entries)
}
