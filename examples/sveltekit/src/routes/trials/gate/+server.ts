import { json } from '@sveltejs/kit'
import { openGate, somebodyAt } from '../../../gates.ts'

/** Opens a gate as soon as somebody waits there; `arrival`: only waits for that. */
export const POST = async ({ url }) => {
  const name = url.searchParams.get('name') ?? ''
  await somebodyAt(name)
  if (!url.searchParams.has('arrival')) openGate(name)
  return json({})
}
