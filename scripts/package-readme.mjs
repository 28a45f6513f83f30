// Makes the README that goes into the package: npm shows it far from the repository, so that its links have to be whole, and lead to what
// the repository was when this version was made. Plain JavaScript, as npm runs it with any Node.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** `text` with whole links: pages at the tag of `version` in `repository`, images as they are. */
export function withWholeLinks(text, { repository, version }) {
  const base = repository.replace(/^git\+/, '').replace(/\.git$/, '')
  const raw = base.replace('//github.com/', '//raw.githubusercontent.com/')
  const isRelative = (target) => !/^(?:[a-z][a-z\d+.-]*:|#|\/\/)/i.test(target)
  const whole = (target, isImage) => {
    if (!isRelative(target)) return target
    const path = target.replace(/^\.\//, '')
    return isImage ? `${raw}/v${version}/${path}` : `${base}/blob/v${version}/${path}`
  }
  const inProse = (prose) =>
    prose.replace(/(!?)\[([^[\]]*)\]\(([^()\s]+)\)/g, (_, image, label, target) => {
      return `${image}[${label}](${whole(target, image === '!')})`
    })
  // What stands between fences is code.
  return text
    .split(/(^```[\s\S]*?^```$)/m)
    .map((part) => (part.startsWith('```') ? part : inProse(part)))
    .join('')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const home = join(root, 'packages/coatcheck')
  const { version, repository } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const text = readFileSync(join(root, 'README.md'), 'utf8')
  writeFileSync(join(home, 'README.md'), withWholeLinks(text, { version, repository: repository.url }))
  copyFileSync(join(root, 'LICENSE'), join(home, 'LICENSE'))
}
