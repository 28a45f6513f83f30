/** Asks its own site, in the way that the search says. */
export const load = async ({ locals, fetch, url, setHeaders }) => {
  const ways = url.searchParams
  setHeaders({ 'cache-control': 'public, max-age=60' })
  if (ways.has('opens')) {
    const session = await locals.session
    session.set('trial page', true)
  }
  const headers: Record<string, string> = ways.has('cookie') ? { cookie: ways.get('cookie') ?? '' } : {}
  const init: RequestInit = { method: 'POST', headers, ...(ways.has('omit') && { credentials: 'omit' }) }
  const path = `/trials/count?status=${ways.get('status') ?? 200}`
  const given = ways.has('whole') ? new Request(new URL(path, url), init) : path
  const times = Number(ways.get('times') ?? 1)
  const asked = Array.from({ length: times }, () => (given === path ? fetch(given, init) : fetch(given)))
  const answers = await Promise.all(asked)
  return { inner: (await Promise.all(answers.map((answer) => answer.json()))).map(({ n }) => n) }
}
