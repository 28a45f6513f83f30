import { type NextRequest, NextResponse } from 'next/server'
import { getSession, proxy } from './sessions'

const count = proxy(async () => {
  const session = await getSession()
  session.update('n', (n = 0) => n + 1)
  return NextResponse.next()
})

/** On the edge runtime, as the middleware of Next 15 is unless it says otherwise. */
export const middleware = (request: NextRequest) => (request.nextUrl.searchParams.has('visit') ? count(request) : proxy(request))

export const config = { matcher: '/((?!_next/).*)' }
