import { type NextRequest, NextResponse } from 'next/server'
import { getSession, proxy as withProxy } from './sessions'

/** On the edge runtime, as the middleware of Next 15 is unless it says otherwise. */
export const middleware = withProxy(async (request: NextRequest) => {
  if (request.nextUrl.searchParams.has('visit')) {
    const session = await getSession()
    session.update('n', (n = 0) => n + 1)
  }
  return NextResponse.next()
})

export const config = { matcher: '/((?!_next/).*)' }
