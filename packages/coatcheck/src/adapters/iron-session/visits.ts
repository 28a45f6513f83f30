import { type AdapterSessions, besides } from '../../core/adapter.ts'
import type { Config } from './config.ts'
import type { Place } from './jars.ts'
import { reasonOf } from './reason.ts'
import { namesOf, Visit } from './visit.ts'

/** By what stands for a request: the session of each site's. */
const visits = besides<Map<AdapterSessions, Visit>>()

/** The session that a request has by this configuration: the same for each call, until the headers leave. */
export async function visitFor(place: Place, config: Config): Promise<Visit> {
  const { identity } = place
  const { sessions, name, onUnsealError } = config
  const presented = place.presented(namesOf(name))
  const shows = presented.get('cookie')
  const known = () => visits.get(identity)?.get(sessions)
  const isSame = (visit: Visit | undefined): visit is Visit => visit !== undefined && !visit.isOver && visit.shows === shows
  let visit = known()
  if (!isSame(visit)) {
    const requestSession = sessions.requestSession(identity, presented)
    requestSession.commitsByCall = true
    const live = await requestSession.open()
    visit = known()
    // Another call may have come first.
    if (!isSame(visit)) {
      visit = new Visit(config, requestSession, live, shows)
      visits.set(identity, new Map(visits.get(identity)).set(sessions, visit))
    }
  }
  visit.tell(place)
  if (onUnsealError && visit.isEmpty && visit.ends === 0) await reasonOf(place.jar, config, onUnsealError)
  return visit
}
