// @ts-check
// Runs in Deno: a store on Deno KV for a process that is not Deno. It is told on stdin which verb of which store to call, one line of
// JSON for each, and answers on stdout.

import process from 'node:process'
import { createInterface } from 'node:readline'
import { denoKvStore } from '../../src/stores/deno-kv.ts'

const kv = await Deno.openKv(process.argv[2])
let trips = 0
/** Every call that waits for the database. @type {import('../../src/stores/deno-kv.ts').DenoKv} */
const counting = {
  get(key) {
    trips++
    return kv.get(key)
  },
  list(selector, options) {
    trips++
    return kv.list(selector, options)
  },
  atomic() {
    const operation = kv.atomic()
    const commit = operation.commit.bind(operation)
    operation.commit = () => {
      trips++
      return commit()
    }
    return operation
  },
}

let time = 0
const now = () => time
// Also what Deno itself says a `Deno.Kv` is, which `deno check` compares.
const sample = denoKvStore(kv, { now })
/** @type {Map<string, import('../../src/stores/store.ts').Store>} */
const stores = new Map()

/** @param {string} handle @param {string} prefix */
function storeOf(handle, prefix) {
  const name = `${handle} ${prefix}`
  const store = stores.get(name) ?? denoKvStore(counting, { prefix, now })
  stores.set(name, store)
  return store
}

/** One line, for readers that also end lines at U+2028 and U+2029. @param {object} line */
const tell = (line) =>
  process.stdout.write(`${JSON.stringify(line).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}\n`)

/** @param {{ id: number, handle: string, prefix: string, verb: string, values: unknown[], now: number }} call */
async function answer(call) {
  const { id, handle, prefix, verb, values } = call
  try {
    time = call.now
    const value = await Reflect.apply(Reflect.get(storeOf(handle, prefix), verb), undefined, values)
    tell({ id, value, trips })
  } catch (error) {
    const { code, message, fix, cause } = /** @type {import('../../src/errors.ts').SessionError} */ (error)
    tell({ id, error: { code, message, fix, cause: String(cause) }, trips })
  }
}

const { maxBytes } = sample
tell({ verbs: Object.keys(sample).filter((name) => name !== 'maxBytes'), maxBytes })
for await (const line of createInterface({ input: process.stdin })) void answer(JSON.parse(line))
kv.close()
