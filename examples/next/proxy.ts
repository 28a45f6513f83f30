import { crossSite } from 'coatcheck/csrf'
import { type NextRequest, NextResponse } from 'next/server'
import { getSession, proxy as withProxy } from './lib/session'

const guard = crossSite()

export const proxy = withProxy(async (request: NextRequest) => {
  const verdict = guard.check(request)
  if (!verdict.allowed) return new NextResponse('Forbidden', { status: 403 })
  const { pathname, searchParams } = request.nextUrl
  if (pathname === '/' || searchParams.has('visit')) {
    const session = await getSession()
    session.update('visits', (visits = 0) => visits + 1)
  }
  return NextResponse.next()
})

export const config = { matcher: '/((?!_next/).*)' }
