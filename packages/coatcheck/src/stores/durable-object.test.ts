import { describe, expect, it } from 'vitest'
import { durableObjectStore, type ObjectNamespace } from './durable-object.ts'

/** No object at all: what a binding of the wrong class, or a Worker in between, may answer. The real ones are tried in workerd. */
const answering = (answer: Response): ObjectNamespace => ({
  idFromName: () => ({}),
  get: () => ({ fetch: async () => answer.clone() }),
})

describe('what answers in place of an object never looks as if there were no session', () => {
  it.each([
    ['an error', Response.json({ error: 'internal' }, { status: 500 })],
    ['an error in the form of an answer', Response.json({ answer: null }, { status: 503 })],
    ['something else', Response.json({ hello: 'world' })],
    ['a text', Response.json('hello')],
    ['nothing', Response.json(null)],
    ['a page', new Response('<html>')],
  ])('%s', async (_, answer) => {
    const store = durableObjectStore(answering(answer))
    for (const work of [store.read('key'), store.delete('key', 'version'), store.listByOwner('owner')])
      await expect(work).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  it('but an object without a session says that it has none', async () => {
    expect(await durableObjectStore(answering(Response.json({ answer: null }))).read('key')).toBeUndefined()
  })
})
