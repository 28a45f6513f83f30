import { path } from '../../path.js'

/** What Hydrogen loses cookies by. */
export async function api(request, { session }) {
  const { pathname, searchParams } = new URL(request.url)
  await session.set('message', 'kept')
  switch (searchParams.get('how')) {
    case 'throw':
      throw new Error('on purpose')
    case 'forward':
      return new Request(new URL(path('/'), request.url))
    case 'concatenate':
      return new Request(new URL(path('/'), request.url), { headers: { 'hydrogen-concatenate': 'true' } })
    case 'cookies':
      return new Response(pathname, { headers: { 'Set-Cookie': 'mine=1; Path=/' } })
    case 'flash':
      return { message: await session.getFlash('message') }
    case 'token':
      await session.set('customerAccessToken', 'ada')
      return { ok: true }
    default:
      return { ok: true }
  }
}
