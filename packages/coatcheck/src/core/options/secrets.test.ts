import { afterEach, describe, expect, test, vi } from 'vitest'
import { SECRET } from '../../../test/helpers/site.ts'
import { memoryStore } from '../../stores/memory.ts'
import { adapterOf, sessionsOf } from '../sessions.ts'
import type { AdapterOptions } from './options.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

/** Whether a session of one opens in the other. */
async function open(from: AdapterOptions, to: AdapterOptions): Promise<boolean> {
  const requestSession = adapterOf(sessionsOf(from)).detached({ get: () => null })
  const session = await requestSession.open()
  session.set('a', 1)
  const { ticket = null } = await requestSession.commit()
  return !(await adapterOf(sessionsOf(to)).fromTicket(ticket).open()).isNew
}

const LAX: AdapterOptions = { secretRule: 'warn' }
const refused = (options: AdapterOptions) => {
  try {
    sessionsOf(options)
  } catch (error) {
    return error as { code: string; message: string }
  }
  throw new Error('accepted')
}

describe('where a framework lets its user do without a secret', () => {
  test('the variable COATCHECK_SECRET is taken', async () => {
    vi.stubEnv('COATCHECK_SECRET', SECRET)
    expect(await open(LAX, { secrets: SECRET })).toBe(true)
  })

  test('a weak COATCHECK_SECRET is refused by its name, and not told', () => {
    vi.stubEnv('COATCHECK_SECRET', 'letmein')
    const { code, message } = refused(LAX)
    expect([code, message]).toEqual(['BAD_OPTIONS', expect.stringContaining('COATCHECK_SECRET')])
    expect(message).not.toContain('letmein')
  })

  test('outside production one is made for the process, and said so once', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect(await open(LAX, LAX)).toBe(true)
    expect(await open(LAX, { secrets: SECRET })).toBe(false)
    expect(warn.mock.calls.flat().join()).toMatch(/^(coatcheck: no secret is set.*COATCHECK_SECRET.*)?$/)
  })

  test('in production there has to be one', () => {
    vi.stubEnv('NODE_ENV', 'production')
    const { code, message } = refused(LAX)
    expect(code).toBe('BAD_OPTIONS')
    expect(message).toMatch(/secrets.*COATCHECK_SECRET/)
  })

  test('a store needs none', () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => sessionsOf({ ...LAX, store: memoryStore() })).not.toThrow()
  })

  test('a weak one is warned about, once, and works', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const weak = { ...LAX, secrets: ['s3cret1'] }
    expect(await open(weak, weak)).toBe(true)
    expect(warn).toHaveBeenCalledTimes(1)
    expect(warn.mock.calls[0]?.[0]).not.toContain('s3cret1')
    expect(refused({ secrets: ['s3cret1'] }).code).toBe('BAD_OPTIONS')
    expect(refused({ ...LAX, secrets: [''] }).code).toBe('BAD_OPTIONS')
  })
})
