import { byName, type RedisConnection, type UpstashRedis } from './client.ts'
import { type RedisScript, script } from './script.ts'

/** Further methods of the client, used where they exist. */
interface Whole extends UpstashRedis {
  scan?(cursor: string, options: { match: string; count: number }): Promise<readonly [cursor: unknown, keys: readonly unknown[]]>
}

/**
 * Whether it is the client of `@upstash/redis`, or that of `@vercel/kv`, which does not say so by `in`. Of the others, `redis` has `json` but
 * no `evalsha`, and `ioredis` has no `json`.
 */
export function isUpstash(client: object): client is UpstashRedis {
  const { evalsha, json } = client as Partial<UpstashRedis>
  return typeof evalsha === 'function' && typeof Object(json).get === 'function'
}

/** The packages `@upstash/redis` and `@vercel/kv`, which send each command in a request of HTTP. */
export function overUpstash(client: UpstashRedis): RedisConnection {
  const whole = client as Whole
  return {
    keyPrefix: '',

    async run(given, key, values) {
      const answer = await byName(marked(given), async (named, text) => {
        try {
          return await (named ? client.evalsha(text, [key], values) : client.eval(text, [key], values))
        } catch (error) {
          throw withoutCommand(error)
        }
      })
      return Array.isArray(answer) ? answer.map(unmarked) : unmarked(answer)
    },

    // Refused with the options.
    runAndWait: () => Promise.reject(new Error('Upstash has no WAIT.')),

    async nodes() {
      return [
        {
          name: '',
          async scan(from, match, count) {
            const [cursor, keys] = (await whole.scan?.(from, { match, count })) ?? ['0', []]
            return { cursor: String(cursor), keys: keys.map(String) }
          },
        },
      ]
    },
  }
}

const known = new Map<RedisScript, RedisScript>()

/**
 * The same script, with a dot before each text that it answers: unless told otherwise, the client takes a text that is JSON for what it
 * stands for. A record is such a text, and a version may look like a number.
 */
function marked(given: RedisScript): RedisScript {
  const there = known.get(given)
  if (there) return there
  const made = script(`local function answer()
${given.text}
end
local found = answer()
if type(found) == 'string' then return '.' .. found end
if type(found) ~= 'table' then return found end
for n = 1, #found do found[n] = found[n] and '.' .. tostring(found[n]) end
return found
`)
  known.set(given, made)
  return made
}

const unmarked = (value: unknown): unknown => (typeof value === 'string' ? value.slice(1) : value)

/** The client repeats in an error what it had sent, the text of a session included; and an answer that is no JSON. */
function withoutCommand(error: unknown): unknown {
  if (!(error instanceof Error) || !error.name.startsWith('Upstash')) return error
  const [said = ''] = error.name.includes('JSON') ? ['The answer was no JSON.'] : error.message.split(', command was: ')
  // Of several that it sent at once it says which failed.
  const clean = new Error(said.replace(/^Command .*?failed: /, ''))
  clean.name = error.name
  return clean
}
