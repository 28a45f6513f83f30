import { join } from 'node:path'
import { expect, test } from 'vitest'
import { visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { root } from '../../scripts/steps.ts'
import { SECRET } from '../harness.ts'
import { blocksOf, serveProject } from '../pasted.ts'
import { complete } from '../processes.ts'

// The blocks of docs/frameworks/nest.md, pasted into an empty project: it compiles, and does what the page says.

const folder = join(root, '.cache/nest-page')
const CONFIG = `export default {
  input: 'src/main.ts',
  platform: 'node',
  external: /^(?:@nestjs|coatcheck|reflect-metadata)\\b/,
  transform: { decorator: { legacy: true, emitDecoratorMetadata: true } },
}`
const compilerOptions = { module: 'esnext', moduleResolution: 'bundler', allowImportingTsExtensions: false }
const origin = serveProject({
  name: 'nest',
  folder,
  files: {
    'rolldown.config.js': CONFIG,
    'tsconfig.json': JSON.stringify({ extends: '../../examples/nest/tsconfig.json', compilerOptions, include: ['src'] }),
    ...blocksOf('nest.md'),
  },
  build: 'rolldown -c rolldown.config.js',
  start: 'node dist/main.js',
  env: { NODE_ENV: 'production', SESSION_SECRET: SECRET },
})

test('the blocks of nest.md are a site, which signs in and out', async () => {
  const ada = visitor(origin())
  const shown = async (response: Promise<Response>): Promise<string> => (await response).text()
  expect(await shown(ada.post('/login', { username: 'ada', password: 'guess' }))).toBe(
    'Hello stranger, visit 1. Wrong name or password.',
  )
  expect(await shown(ada.post('/login', { username: 'ada', password: 'lovelace' }))).toBe('Hello ada, visit 2. Welcome!')
  const thief = ada.steal()
  expect(await shown(ada.post('/logout'))).toBe('Hello stranger, visit 1. ')
  expect(await shown(thief.get('/'))).toBe('Hello stranger, visit 1. ')
})

test('they compile', async () => {
  await complete('tsc -p .', folder)
})
