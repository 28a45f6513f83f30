import { seeOther } from '../../path.js'

/** Pages only read, so this counts the visit and leads to the page. */
export async function api(_request, { session }) {
  const { visits = 0 } = await session.get()
  await session.set('visits', visits + 1)
  return seeOther('/')
}
