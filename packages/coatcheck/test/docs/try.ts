// A program that the test of the pages starts for each example: it imports the example's file and takes the steps given to it as JSON.
// A server that the example starts listens on a free port instead of the one it names.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, Server } from 'node:net'
import { pathToFileURL } from 'node:url'
import type { Step } from './examples.ts'

const [file = '', json = '[]'] = process.argv.slice(2)
const steps = (JSON.parse(json) as Step[]).filter((step) => step.kind === 'request' || step.kind === 'new visitor')

const started: Server[] = []
const listen = Server.prototype.listen
Server.prototype.listen = function (this: Server, ...args: unknown[]) {
  started.push(this)
  const done = args.find((arg): arg is () => void => typeof arg === 'function')
  return Reflect.apply(listen, this, [0, '127.0.0.1', done])
}

const code = readFileSync(file, 'utf8')
// Examples for Workers are recognised by what they are handed, those for Deno by what they ask for; they run where it exists. Not loaded for the others: it takes a second.
const worker = /\benv: Env\b/.test(code) ? await (await import('./workerd.ts')).inWorkerd(file) : undefined
const deno = /\bDeno\.openKv\b/.test(code) ? await (await import('./deno.ts')).inDeno(file) : undefined
const handler = worker?.send ?? deno?.send ?? (await imported())
// A test asks its servers itself, and stops them.
const serves = handler !== undefined || (started.length > 0 && !code.includes("from 'node:test'"))
if (serves && steps.length === 0) fail('It serves requests, so it needs at least one step that sends one.')
if (!serves && steps.length > 0) fail('It has steps that send a request, but neither exports a `fetch` nor listens.')

let jar = new Map<string, string>()
for (const step of steps) {
  if (step.kind === 'new visitor') jar = new Map()
  else if (step.kind === 'request') await take(step)
}
// A client of a server keeps its connection, and with it the process.
await worker?.stop()
await deno?.stop()
if (serves || /process\.env\.[A-Z]+_URL|client-dynamodb/.test(code)) process.exit(0)

async function imported(): Promise<((request: Request) => Response | Promise<Response>) | undefined> {
  const { default: exported }: { default?: { fetch?: (request: Request) => Response | Promise<Response> } } = await import(
    pathToFileURL(file).href
  )
  return exported?.fetch?.bind(exported)
}

async function take({ method, path, body, status, shows }: Extract<Step, { kind: 'request' }>): Promise<void> {
  const headers = new Headers()
  if (jar.size > 0) headers.set('cookie', [...jar].map((pair) => pair.join('=')).join('; '))
  // As a browser says it of a form of the page.
  if (method !== 'GET') headers.set('sec-fetch-site', 'same-origin')
  if (body) headers.set('content-type', body.startsWith('{') ? 'application/json' : 'application/x-www-form-urlencoded')
  const send = handler ?? fetch
  const response = await send(
    new Request(`${await origin()}${path}`, { method, headers, redirect: 'manual', ...(body && { body }) }),
  )
  const text = await response.text()
  assert.equal(response.status, status, `${method} ${path} answered ${response.status}: ${text}`)
  if (shows) assert.match(text, new RegExp(shows))
  for (const cookie of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(cookie) ?? []
    if (/max-age=0/i.test(cookie)) jar.delete(name)
    else jar.set(name, value)
  }
}

async function origin(): Promise<string> {
  const server = started[0]
  if (handler || !server) return 'https://example.com'
  if (!server.listening) await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function fail(text: string): never {
  console.error(text)
  process.exit(1)
}
