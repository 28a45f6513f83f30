/** Reads the message and removes it, and sets nothing. */
export async function api(_request, { session }) {
  return { message: (await session.getFlash('message')) ?? 'none' }
}
