// Read by the compiler only: each line below either compiles, or must not and says so.

import { type } from 'arktype'
import * as v from 'valibot'
import * as z from 'zod'
import { withSession } from '../../adapters/hono.ts'
import { type ElysiaApp, session as onElysia, type WithSession } from '../../adapters/middleware/elysia.ts'
import { type NextSessions, nextSessions } from '../../adapters/next.ts'
import { type SocketSessions, socketSessions } from '../../adapters/websocket.ts'
import { type Codec, createSessions, type Migration, type Session, type Sessions, type StandardSchema } from '../../index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles only when both types are the same. */
const same = <A, B>(_: Same<A, B>): void => {}

class Decimal {
  readonly text: string = ''
  plus(other: Decimal): Decimal {
    return other
  }
}
interface Data {
  cart: { id: string; qty: number }[]
  lang: 'en' | 'de'
}
interface Flash {
  notice: string
}
const secrets = '…'

const zod = z.object({ cart: z.array(z.object({ id: z.string(), qty: z.number() })), lang: z.enum(['en', 'de']) }).partial()
const valibot = v.partial(
  v.object({ cart: v.array(v.object({ id: v.string(), qty: v.number() })), lang: v.picklist(['en', 'de']) }),
)
const arktype = type({ 'cart?': type({ id: 'string', qty: 'number' }).array(), 'lang?': "'en' | 'de'" })

// The types of the values come from the schema.
const [fromZod, fromValibot, fromArktype] = [
  createSessions({ secrets, schema: zod }),
  createSessions({ secrets, schema: valibot }),
  createSessions({ secrets, schema: arktype }),
]
same<typeof fromZod, Sessions<Data>>(true)
same<typeof fromValibot, Sessions<Data>>(true)
same<typeof fromArktype, Sessions<Data>>(true)

export async function typed(request: Request): Promise<void> {
  const session = await fromZod.open(request)
  session satisfies Session<Data>
  same<ReturnType<typeof session.get<'lang'>>, 'en' | 'de' | undefined>(true)
  session.set('cart', [{ id: 'hat', qty: 1 }])
  session.update('lang', (lang = 'en') => lang)
  // @ts-expect-error no such key
  session.get('carts')
  // @ts-expect-error not what the schema takes
  session.set('cart', [{ id: 'hat' }])
  // @ts-expect-error not what the schema takes
  session.data.lang = 'fr'
  // @ts-expect-error a key that is removed is removed by `delete`
  session.set('lang', undefined)
}

// Flash values have types of their own, beside those of the schema.
const both = createSessions<typeof zod, Flash>({ secrets, schema: zod })
same<typeof both, Sessions<Data, Flash>>(true)
// What a schema gives, not what it takes.
const coerced = createSessions({ secrets, schema: z.object({ since: z.coerce.date(), n: z.number().default(0) }).partial() })
same<typeof coerced, Sessions<{ since: Date; n: number }>>(true)
// Any key, with values of one kind.
createSessions({ secrets, schema: z.record(z.string(), z.number()) }) satisfies Sessions<Record<string, number>>
// The types may be said beside a schema that is not known to the compiler.
createSessions<Data>({ secrets, schema: zod as StandardSchema }) satisfies Sessions<Data>
// @ts-expect-error no schema
createSessions({ secrets, schema: { parse: () => ({}) } })
// @ts-expect-error a session is an object of values
createSessions({ secrets, schema: z.string() }).open(new Request('http://a/')) satisfies Promise<Session<Data>>

// Behind doors that pass the types on.
withSession(fromZod)
onElysia(fromZod) satisfies <App extends ElysiaApp>(app: App) => App & WithSession<'session', Data, Record<string, unknown>>
socketSessions(fromArktype) satisfies SocketSessions<Data, Record<string, unknown>>
nextSessions({ secrets, schema: zod }) satisfies NextSessions<Data, Record<string, unknown>>
nextSessions<Data>({ secrets }) satisfies NextSessions<Data, Record<string, unknown>>

// Migrations take what was stored, and may say what that was.
createSessions({
  secrets,
  schema: zod,
  version: 4,
  migrations: {
    2: (old) => ({ ...old, lang: old.language }),
    3: ({ cart }: { cart: string[] }) => ({ cart: cart.map((id) => ({ id, qty: 1 })) }),
    4: { up: (old: { language: string }) => ({ ...old }), down: ({ lang, ...old }) => ({ ...old, language: lang }) },
  },
  onInvalid: 'empty',
})
// @ts-expect-error no number
createSessions({ secrets, version: '2' })
// @ts-expect-error not a policy
createSessions({ secrets, schema: zod, onInvalid: 'ignore' })
export const wrong: Record<string, Migration> = {
  // @ts-expect-error nothing comes of it
  gives: () => 7,
  // @ts-expect-error a way back without a way there
  back: { down: (old) => old },
}

// Instances of classes need a codec, and may be values then.
const decimal: Codec<Decimal> = {
  name: 'Decimal',
  is: (value) => value instanceof Decimal,
  encode: ({ text }) => text,
  decode: () => new Decimal(),
}
createSessions<{ price: Decimal }>({ secrets, codecs: [decimal] }) satisfies Sessions<{ price: Decimal }>
const priced = createSessions({ secrets, codecs: [decimal], schema: z.object({ price: z.instanceof(Decimal) }).partial() })
same<typeof priced, Sessions<{ price: Decimal }>>(true)
// @ts-expect-error nobody says how it is stored
createSessions<{ price: Decimal }>({ secrets })
// @ts-expect-error without a name
createSessions({ secrets, codecs: [{ is: () => true, encode: () => 1, decode: () => 1 }] })
