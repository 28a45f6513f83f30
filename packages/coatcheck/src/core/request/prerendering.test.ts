import { expect, test } from 'vitest'
import { SECRET } from '../../../test/helpers/site.ts'
import { watched } from '../../../test/helpers/watched.ts'
import { memoryStore } from '../../stores/memory.ts'
import { adapterOf, createSessions } from '../sessions.ts'
import { throughAdapter } from './request-session.ts'
import { answered } from './response-headers.ts'

function building() {
  const watch = watched(memoryStore())
  const sessions = createSessions({ secrets: SECRET, store: watch.store })
  const build = (page: (request: Request) => Promise<Response>, fix?: string): Promise<Response> => {
    const request = new Request('https://app.test/about')
    const requestSession = adapterOf(sessions).prerendering(request, fix)
    return throughAdapter(
      requestSession,
      () => page(request),
      (response) => answered(response, [requestSession]),
    )
  }
  return { sessions, build, watch }
}

const page = () => new Response('about', { headers: { 'cache-control': 'public, max-age=60' } })

test('F43, F33: a page that is made once for everybody and asks for the session is not built, whatever it does with it', async () => {
  const { sessions, build, watch } = building()
  const reading = build(async (request) => {
    await sessions.open(request)
    return page()
  }, 'Write `export const prerender = false` in this page.')
  await expect(reading).rejects.toMatchObject({
    code: 'PRERENDERING',
    message: 'A page that is made once for everybody asked for the session. Write `export const prerender = false` in this page.',
  })
  const changing = build(async (request) => {
    ;(await sessions.open(request)).set('seen', true)
    return page()
  })
  await expect(changing).rejects.toMatchObject({ code: 'PRERENDERING', fix: expect.stringContaining('for each request') })
  expect(watch.calls).toEqual([])
})

test('one that does not ask is built as it is', async () => {
  const { build } = building()
  const built = await build(async () => page())
  expect(await built.text()).toBe('about')
  expect(Object.fromEntries(built.headers)).toEqual({
    'cache-control': 'public, max-age=60',
    'content-type': 'text/plain;charset=UTF-8',
  })
})

test('a change that is asked for before the session is open fails the build too', async () => {
  const requestSession = adapterOf(building().sessions).prerendering({})
  requestSession.later((session) => session.set('seen', true))
  await expect(requestSession.close(200)).rejects.toMatchObject({ code: 'PRERENDERING' })
})
