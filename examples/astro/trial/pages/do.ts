import type { APIContext } from 'astro'
import { openSession } from 'coatcheck/astro/session'
import { turn } from '../turns.ts'

type Step = [name: string, ...args: unknown[]]

/** Calls methods of the session one after the other, and answers what they gave. A name with `!` is not waited for. */
export async function POST(context: APIContext): Promise<Response> {
  const { session } = context
  if (!session) return new Response('no session', { status: 500 })
  const given: unknown[] = []
  for (const [name, ...args] of (await context.request.json()) as Step[]) {
    if (name === 'turn') await turn(String(args[0]))
    else if (name === 'fail') throw new Error('a handler that fails')
    else if (name === 'add') (await openSession(context)).update('count', (count) => Number(count ?? 0) + 1)
    else given.push(await call(session, name, args))
  }
  return Response.json(given)
}

async function call(session: object, name: string, args: unknown[]): Promise<unknown> {
  const member: unknown = Reflect.get(session, name.replace('!', ''))
  try {
    const what = typeof member === 'function' ? Reflect.apply(member, session, args) : member
    if (name.endsWith('!')) return null
    const value: unknown = await what
    return value && typeof value === 'object' && Symbol.iterator in value ? [...(value as Iterable<unknown>)] : (value ?? null)
  } catch (error) {
    return error instanceof Error ? `${error.name} ${Reflect.get(error, 'code') ?? ''}`.trim() : 'thrown'
  }
}
