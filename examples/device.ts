import { expect } from 'vitest'
import { deviceVisitor, visitor } from '../packages/coatcheck/src/testing/index.ts'

/** Where an app signs in, and where it shows `<owner> <bound>`. */
export interface DevicePages {
  readonly signIn: (who: ReturnType<typeof deviceVisitor>) => Promise<unknown>
  readonly shows: string
}

/**
 * Registers and refreshes in a real app. The browser's clock goes ahead, so that nobody waits: what the server gave for seconds is over there,
 * and a refresh asked for. The ticket alone opens nothing from there on.
 */
export async function playDevice(origin: string, { signIn, shows }: DevicePages): Promise<void> {
  let ahead = 0
  const now = () => Date.now() + ahead
  const ada = deviceVisitor(origin, { now, follow: false })
  const see = async (who: { get: typeof ada.get } = ada) => (await who.get(shows)).text()
  expect(await see()).toContain('nobody none')
  await signIn(ada)
  expect(ada.deviceEvents).toEqual([{ type: 'registration', result: 'Success' }])
  expect(await see()).toContain('ada pending')
  ahead = 11_000
  expect(await see()).toContain('ada bound')
  expect(ada.deviceEvents.at(-1)).toEqual({ type: 'refresh', result: 'Success' })
  const thief = visitor(origin, { follow: false })
  for (const { name, value } of ada.cookies())
    if (!name.endsWith('-bound')) thief.plant(`${name}=${value}; Path=/; Secure; HttpOnly`)
  expect(await see(thief)).toContain('nobody lapsed')
  expect(await see()).toContain('ada bound')
}
