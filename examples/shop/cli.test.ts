import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { visitor } from 'coatcheck/testing'
import { afterAll, expect, it } from 'vitest'
import { openShop, temporaryFolder, tidyUp } from './running-shop.ts'

afterAll(tidyUp)

const root = join(import.meta.dirname, '../..')
const program = join(root, 'packages/coatcheck/dist/cli.js')
/** A command on the page, and what it prints there. */
const SHOWN = /```sh\n(?:.*\| )?npx coatcheck (.*)\n```\n\n```text\n([\s\S]*?)\n```/g

/** What is another each time. */
const lasting = (text: string): string =>
  text
    .replace(/\b[0-9a-f]{64}\b/g, '(handle)')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, '(time)')
    .replace(/\b\d+(\.\d+)? k?B\b/g, '(size)')
    .replace(/\d+ bits/g, '(bits)')
    .replace(/ +/g, ' ')
    .trim()

it('the commands on docs/cli.md and docs/asvs.md print what stands there', async () => {
  const file = join(temporaryFolder(), 'shop.sqlite')
  const shop = await openShop({ SHOP_FILE: file })
  const [ada, guest] = [visitor(shop.origin), visitor(shop.origin)]
  for (const each of [ada, guest]) await each.post('/cart/add', { article: 'hat' })
  await ada.post('/sign-in', { name: 'ada', password: 'velvet collar' })
  const cookie = ada
    .cookies()
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ')

  const run = (args: readonly string[]) =>
    spawnSync(process.execPath, [program, ...args], {
      ...{ cwd: import.meta.dirname, encoding: 'utf8', input: cookie },
      env: { ...process.env, SHOP_FILE: file },
    })
  const { sessions } = JSON.parse(run(['list', '--owner', 'ada', '--json']).stdout)
  const page = ['docs/cli.md', 'docs/asvs.md'].map((path) => readFileSync(join(root, path), 'utf8')).join('\n')
  const shown = [...page.matchAll(SHOWN)]
  for (const [, command = '', text = ''] of shown) {
    const args = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain)
    const here = args.map((arg) =>
      arg.replace('http://localhost:3000', shop.origin).replace(/^[0-9a-f]{64}$/, sessions[0].handle),
    )
    const { stdout, stderr } = run(here)
    const said = `${stdout}${stderr}`.replaceAll(shop.origin, 'http://localhost:3000')
    expect(lasting(said), command).toBe(lasting(text))
  }
  expect(shown.map(([, command = '']) => command.split(' ', 1)[0])).toEqual([
    'stats',
    'list',
    'show',
    'inspect',
    'end',
    'doctor',
    'asvs',
  ])
})
