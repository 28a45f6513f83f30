import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export interface Person {
  readonly id: string
  readonly name: string
}

/** Shown on the sign-in page: this is a demonstration. */
export const demoPeople: readonly (Person & { readonly password: string })[] = [
  { id: 'ada', name: 'Ada', password: 'velvet collar' },
  { id: 'ben', name: 'Ben', password: 'left glove' },
]

export interface People {
  named(id: string | undefined): Person | undefined
  /** Who this is, if the password is right. */
  check(id: string, password: string): Promise<Person | undefined>
}

const hashed = promisify<string, Buffer, number, Buffer>(scrypt)

/** The people whom the shop knows. What it keeps of a password is a salt and a scrypt hash, as any shop should. */
export async function peopleOf(list: typeof demoPeople): Promise<People> {
  const known = new Map<string, { person: Person; salt: Buffer; hash: Buffer }>()
  for (const { id, name, password } of list) {
    const salt = randomBytes(16)
    known.set(id, { person: { id, name }, salt, hash: await hashed(password, salt, 32) })
  }
  const nobody = { person: undefined, salt: randomBytes(16), hash: randomBytes(32) }
  return {
    named: (id) => (id === undefined ? undefined : known.get(id)?.person),
    async check(id, password) {
      // The same work for a name that nobody has, so that the time taken does not tell which names exist.
      const { person, salt, hash } = known.get(id.trim().toLowerCase()) ?? nobody
      return timingSafeEqual(await hashed(password, salt, 32), hash) ? person : undefined
    },
  }
}
