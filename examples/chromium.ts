import axe from 'axe-core'
import { type Browser, type Frame, chromium as launcher, type Page } from 'playwright-core'
import { chromium } from '../scripts/chromium.ts'

/** Of every Chromium that a test starts: as root, without a screen, and without a word to other hosts. */
export const ARGUMENTS: readonly string[] = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
]

export const launchChromium = (more: readonly string[] = []): Promise<Browser> =>
  launcher.launch({ executablePath: chromium(), headless: true, args: [...ARGUMENTS, ...more] })

/** What axe objects to in a page, or in one frame of it. `kinds`: what it is sure of, and what a person has to look at. */
export async function problemsOn(
  page: Page | Frame,
  options: axe.RunOptions = {},
  kinds: readonly ('violations' | 'incomplete')[] = ['violations', 'incomplete'],
): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const results = await page.evaluate(
    (options) => {
      const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
      return axe.run(options)
    },
    { ...options, resultTypes: [...kinds] },
  )
  return kinds
    .flatMap((kind) => results[kind])
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`)
}
