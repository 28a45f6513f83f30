import type { APIRoute } from 'astro'

export const GET: APIRoute = async ({ session }) => Response.json((await session?.get('since'))?.at.getTime() ?? 0)
