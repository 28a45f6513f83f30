import { error, fail, redirect } from '@sveltejs/kit'

const changed = async (locals: App.Locals, name: string) => {
  const session = await locals.session
  session.set(`trial ${name}`, true)
  return session
}

export const load = async ({ locals }) => {
  const session = await locals.session
  return { message: session.flash('message') }
}

export const actions = {
  good: async ({ locals }) => {
    await changed(locals, 'good')
    return { is: 'good' }
  },
  wrong: async ({ locals }) => {
    await changed(locals, 'wrong')
    return fail(422, { is: 'wrong' })
  },
  down: async ({ locals }) => {
    await changed(locals, 'down')
    return fail(503, { is: 'down' })
  },
  broken: async ({ locals }) => {
    await changed(locals, 'broken')
    throw new Error('nobody expected this')
  },
  refused: async ({ locals }) => {
    await changed(locals, 'refused')
    error(503, 'expected')
  },
  away: async ({ locals }) => {
    const session = await changed(locals, 'away')
    session.flash('message', 'There you are')
    redirect(303, '/trials/actions')
  },
}
