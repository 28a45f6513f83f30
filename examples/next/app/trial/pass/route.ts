import { pass } from '../gates'

export const GET = (request: Request) => Response.json(pass(new URL(request.url).searchParams.get('name') ?? ''))
export const dynamic = 'force-dynamic'
