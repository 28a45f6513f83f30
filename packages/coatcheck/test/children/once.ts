// Serves so many parallel requests of one session, each of which refreshes its tokens, as one of several servers that share a store.
import { withSession } from '../../src/adapters/fetch.ts'
import { createSessions } from '../../src/index.ts'
import { fileStore } from '../../src/stores/file.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { openShared } from '../helpers/shared.ts'

interface Tokens {
  readonly access: string
  readonly refresh: string
}

const [kind = '', place = '', secret = '', cookie = '', provider = '', count = '0'] = process.argv.slice(2)
const local = { file: () => fileStore({ directory: place }), sqlite: () => sqliteStore({ path: place }) }
const opened = kind === 'file' || kind === 'sqlite' ? undefined : await openShared(kind, place)
const store = opened?.store ?? local[kind as keyof typeof local]()
const sessions = createSessions<{ tokens: Tokens }>({ secrets: secret, store, storeTimeout: 60 })

const serve = withSession(sessions, async (request) => {
  const session = await sessions.open(request)
  const tokens = await session.once(
    'tokens',
    async (current) => {
      const answer = await fetch(provider, { method: 'POST', body: current?.refresh ?? '' })
      if (!answer.ok) throw new Error(await answer.text())
      return (await answer.json()) as Tokens
    },
    { for: 300 },
  )
  return Response.json(tokens)
})

// All begin once the test says so.
console.log('ready')
await new Promise((resolve) => process.stdin.once('data', resolve))
const answers = await Promise.allSettled(
  Array.from({ length: Number(count) }, async () => {
    const answer = await serve(new Request('https://app.test/', { headers: { cookie } }))
    return ((await answer.json()) as Tokens).access
  }),
)
console.log(JSON.stringify(answers.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)))))
await opened?.close()
process.exit()
