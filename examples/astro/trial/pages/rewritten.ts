import type { APIContext } from 'astro'

export const GET = (context: APIContext): Promise<Response> => {
  context.session?.set('name', 'rewritten')
  return context.rewrite('/')
}
