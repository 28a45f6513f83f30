import { seeOther } from '../path.js'

export async function api(_request, { session }) {
  await session.destroy()
  return seeOther('/')
}
