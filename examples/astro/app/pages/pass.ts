import type { APIContext } from 'astro'
import { pass } from '../../trial/turns.ts'

export const GET = ({ url }: APIContext): Response => Response.json(pass(url.searchParams.get('name') ?? ''))
