import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect, useLoaderData } from 'react-router'
import { getAuth, requireUserId } from '../utils/auth.server'
import { meet } from '../utils/meet.server'

export async function loader({ context }: LoaderFunctionArgs) {
  await requireUserId(context)
  return { notes: Object.keys(getAuth(context).data).filter((key) => key.startsWith('note:')) }
}

export async function action({ request, context }: ActionFunctionArgs) {
  await requireUserId(context)
  const form = await request.formData()
  for (const name of form.getAll('meet')) await meet(String(name), Number(form.get('count')))
  getAuth(context).set(`note:${form.get('name')}`, 'kept')
  return redirect('/notes')
}

export default function Notes() {
  return <output id="notes">{useLoaderData<typeof loader>().notes.length}</output>
}
