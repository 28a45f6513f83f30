import type { Route } from './+types/logout'

/** Hydrogen's own: it takes the values out, destroys the session, and says that nothing is pending. */
export async function action({ context }: Route.ActionArgs) {
  return context.customerAccount.logout()
}
