import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import type { Express } from 'express'
import { Hono } from 'hono'
import { html, raw } from '../html.ts'
import { panel } from '../panel.ts'
import { PANEL, trace } from '../trace.ts'
import { isLanguage, words } from '../words/index.ts'
import { deviceTrial } from './device.ts'
import { expressSessionTrials } from './express-session.ts'
import { Gates } from './gates.ts'
import { hereTrials } from './here.ts'

export interface Trials {
  /** Below `/try`: Coatcheck's side, and what both sides need. */
  readonly here: Hono
  /** Below `/try/express-session`. */
  readonly rival: Express
}

/** The files that answer the trials; the first page links to them. */
export const sources: Readonly<Record<'here.ts' | 'express-session.ts', string>> = {
  'here.ts': source('here.ts'),
  'express-session.ts': source('express-session.ts'),
}

/** What the buttons of the first page are answered by: the same requests, once by Coatcheck and once by express-session. */
export function openTrials(secrets: string | readonly string[]): Trials {
  const gates = new Gates()
  const here = new Hono()
  for (const [name, text] of Object.entries(sources)) here.get(`/${name}`, (c) => c.text(text))

  here.get('/gate', async (c) => {
    await gates.arrival(c.req.query('id') ?? '')
    return c.body(null, 204)
  })
  here.post('/gate', (c) => {
    gates.open(c.req.query('id') ?? '')
    return c.body(null, 204)
  })

  // What the trial did to its session, for the ticket on the page.
  here.get('/here/ticket', (c) => {
    const language = c.req.query('language')
    const step = trace()
    if (step) step.panel = (steps) => panel(steps.slice(0, -1), undefined, words[isLanguage(language) ? language : 'en'])
    return c.html(html`<section id="panel" aria-labelledby="panel-title">${raw(PANEL)}</section>`)
  })
  here.route('/here', hereTrials(secrets, gates))
  here.route('/device', deviceTrial(secrets))
  return { here, rival: expressSessionTrials(secrets, gates) }
}

/**
 * Puts a cookie that the page kept in the place of the browser's own, which no script may do. Only for the trials, whose sessions hold
 * nothing.
 */
export function withOldCookie({ headers, rawHeaders }: IncomingMessage): void {
  const old = headers['x-old-cookie']
  if (typeof old !== 'string') return
  headers.cookie = old
  rawHeaders.push('Cookie', old)
}

function source(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8')
}
