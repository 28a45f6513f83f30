import { isEvent, useSession } from 'h3'

export async function countVisit(event, config) {
  const session = await useSession(event, config)
  await session.update({ visits: (session.data.visits ?? 0) + 1 })
  return { visits: session.data.visits, user: session.data.user, isEvent: isEvent(event) }
}
