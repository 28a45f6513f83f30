import type { SessionDriver } from 'astro'

const records = new Map<string, unknown>()
/** As a server elsewhere would take it. */
const aWhile = () => new Promise((resolve) => setImmediate(resolve))

/** A driver of the application's own, as Astro's guide shows one. */
export default function driver({ prefix }: { prefix: string }): SessionDriver {
  return {
    async getItem(key) {
      await aWhile()
      return records.get(prefix + key) ?? null
    },
    async setItem(key, value) {
      await aWhile()
      records.set(prefix + key, value)
    },
    async removeItem(key) {
      await aWhile()
      records.delete(prefix + key)
    },
  }
}
