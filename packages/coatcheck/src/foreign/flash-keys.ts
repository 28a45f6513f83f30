import { ownValues, type Values } from './json.ts'

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
