import type { Visit } from '../doctor/visit.ts'
import { GET } from '../doctor/visit.ts'
import type { Step } from '../web/http.ts'
import { fingerprint, Visitor } from '../web/visitor.ts'
import { judged, unknown, type Verdicts } from './verdict.ts'

/** Requests that only the caller knows. */
export interface Steps {
  readonly signIn?: Step | undefined
  readonly signOut?: Step | undefined
}

const ELSEWHERE = { origin: 'https://doctor.invalid', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }

/** Whether what another site sends is carried out. */
export async function crossSite({ asking: { begin }, visitor, way }: Visit): Promise<Verdicts> {
  if (!begin || begin.method === 'GET') return {}
  const refused = async (headers: Readonly<Record<string, string>>): Promise<boolean> => {
    const { status } = await visitor.twin().does(begin, headers)
    return status >= 400 && status < 500
  }
  const form = await refused(ELSEWHERE)
  const told = await refused({ ...ELSEWHERE, 'sec-fetch-mode': 'cors', 'x-requested-with': 'doctor' })
  const reader = new Visitor(way)
  await reader.does({ method: 'GET', ...(begin.path !== undefined && { path: `${begin.path}?${begin.form ?? ''}` }) })
  const origin = judged(form, 'a form that another site sends is refused', 'a form that another site sends is carried out')
  return {
    '3.5.1': origin,
    '3.5.2': judged(
      told,
      'a request of another site with a header of its own is refused',
      'a request of another site with a header of its own is carried out',
    ),
    '3.5.3': judged(reader.jar.size === 0, 'GET does not do what the form does', 'GET does what the form does'),
    'NIST 5.1 f': origin,
  }
}

/** What becomes of tickets when somebody signs in and out. */
export async function ofSigning({ visitor, cookies, stranger }: Visit, { signIn, signOut }: Steps): Promise<Verdicts> {
  if (!signIn) return {}
  const person = visitor.twin()
  const before = person.twin()
  const unsigned = fingerprint(await before.twin().does(GET))
  await person.does(signIn)
  const own = fingerprint(await person.twin().does(GET))
  if (own === fingerprint(stranger) || own === unsigned)
    return { '7.2.4': unknown('the page does not show whether somebody is signed in') }
  const isNew = cookies.some(({ name }) => before.jar.get(name) !== person.jar.get(name))
  const isOldVoid = fingerprint(await before.does(GET)) !== own
  const verdicts: Verdicts = {
    '7.2.4': judged(
      isNew && isOldVoid,
      'a new ticket at the sign-in, and the old one shows nothing of it',
      isNew ? 'the ticket from before the sign-in shows the page of who signed in' : 'the ticket from before the sign-in stays',
    ),
  }
  if (!signOut) return verdicts
  const thief = person.twin()
  await person.does(signOut)
  const isOver = fingerprint(await thief.does(GET)) !== own
  const over = judged(
    isOver,
    'a ticket from before the sign-out opens nothing',
    'a ticket from before the sign-out still opens the session',
  )
  return { ...verdicts, '7.4.1': over, 'NIST 5.1 b': over }
}
