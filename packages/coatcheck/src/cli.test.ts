import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { main } from './cli/main.ts'

async function call(...args: string[]) {
  const said: string[] = []
  const complaints: string[] = []
  const terminal = {
    ...{ folder: '.', isAnswered: false, ask: async () => '' },
    ...{ say: (text: string) => void said.push(text), complain: (text: string) => void complaints.push(text) },
  }
  return { code: await main(args, terminal), said: said.join('\n'), complaint: complaints.join('\n') }
}

it('lists its commands; without a name for one that is no success', async () => {
  for (const [code, ...args] of [[1], [0, 'help'], [0, '--help'], [0, '-h']] as const) {
    const answer = await call(...args)
    expect([answer.code, answer.said]).toEqual([code, expect.stringMatching(/^ {2}init {2,}gives/m)])
  }
})

it('says which version it is', async () => {
  expect((await call('--version')).said).toMatch(/^\d+\.\d+\.\d+/)
})

it('says what there is in the place of a command that is not there', async () => {
  expect(await call('inti')).toEqual({
    code: 1,
    said: '',
    complaint:
      'There is no command "inti".\nWrite one of: init, secret, doctor, inspect, list, show, end, end-all, prune, migrate, stats, asvs.',
  })
})

it('says what cannot be read, without a stack', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'coatcheck-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync('package.json', join(folder, 'package.json'))
  const { code, complaint } = await call('init', folder)
  expect([code, complaint]).toEqual([1, expect.stringMatching(/^ELOOP.*package\.json'\.\nMake it readable, and call again\.$/)])
})
