// Signs somebody in, round after round, while another process changes the password and ends all sessions of the same owner.
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import { ENGINES, type SharedEngine } from '../helpers/shared-engines.ts'

const [engine, url = '', mode] = process.argv.slice(2)
const { store, close } = await ENGINES[engine as SharedEngine].open(url)
// Ahead of the other process: what goes by the time takes each sign-in for a later one.
const now = () => Date.now() + 60_000
const sessions = sessionsOf({ store, header: 'x-ticket', cookie: false, now })
const adapter = adapterOf(sessions)

/** What became of one: a ticket, or why there is none. */
async function signIn(owner: string): Promise<string> {
  const request = adapter.detached({ get: () => null })
  const session = await request.open()
  const mark = mode === 'marks' ? { mark: await sessions.mark(owner) } : {}
  if (await store.read(`${owner}-password`)) return 'refused'
  session.signIn(owner, mark)
  try {
    return `ticket ${(await request.commit()).ticket}`
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string }
    return code === 'CONFLICT' ? 'conflict' : `failed: ${message}`
  }
}

process.on('message', async ({ owner }: { readonly owner: string }) => {
  if (owner !== '') return process.send?.({ owner, came: await signIn(owner) })
  await close()
  process.disconnect()
})
process.send?.({ owner: '', came: 'ready' })
