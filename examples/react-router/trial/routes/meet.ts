import type { ActionFunctionArgs } from 'react-router'
import { meet } from '../utils/meet.server'

/** Lets a request go on that waits under `name`, or `seconds` pass. */
export async function action({ request }: ActionFunctionArgs) {
  const form = await request.formData()
  if (form.has('name')) await meet(String(form.get('name')), 2)
  if (form.has('seconds')) (globalThis as unknown as { passTime(seconds: number): void }).passTime(Number(form.get('seconds')))
  return new Response()
}
