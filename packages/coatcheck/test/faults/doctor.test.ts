import { afterEach, beforeEach, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { DOCTORED, type Ground, ground } from './doctored.ts'
import { FAULTS, seenBy } from './rows.ts'

let here: Ground
let environment: string | undefined
beforeEach(() => {
  here = ground()
  environment = process.env.NODE_ENV
})
afterEach(async () => {
  process.env.NODE_ENV = environment
  await here.done()
})

/** The codes that `coatcheck doctor` says. */
async function codesOf({
  args,
  folder = '/',
}: {
  readonly args: readonly string[]
  readonly folder?: string
}): Promise<string[]> {
  const said: string[] = []
  const ask = async () => ''
  const terminal = {
    folder,
    isAnswered: false,
    say: (text: string) => void said.push(text),
    complain: (text: string) => void said.push(text),
    ask,
  }
  await main(['doctor', ...args, '--json'], terminal)
  const { findings }: { findings: readonly { readonly code: string; readonly says: string; readonly fix: string }[] } =
    JSON.parse(said.join('\n'))
  for (const { says, fix } of findings) expect([says, fix].join(' ')).not.toMatch(/\bNaN\b|\[object /)
  return findings.map(({ code }) => code)
}

it.each(seenBy('doctor'))('doctor names the fault: %s', async (name) => {
  const codes = await codesOf((await DOCTORED[name]?.(here)) ?? { args: [] })
  expect(codes).toContain(FAULTS[name]?.doctor)
})

it('has an application for each fault that doctor names, and no other', () => {
  expect(Object.keys(DOCTORED).sort()).toEqual(seenBy('doctor').sort())
})
