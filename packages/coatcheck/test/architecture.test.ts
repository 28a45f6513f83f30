import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { drawnPicture } from '../../../scripts/architecture/page.ts'
import { pictureOf } from '../../../scripts/architecture/picture.ts'
import { inOrder, roomsIn } from '../../../scripts/architecture/rooms.ts'
import { type File, repository, root } from './tree/files.ts'

const src = (path: string, text: string): File => ({ path: `packages/coatcheck/src/${path}`, text })

describe('the picture of the rooms', () => {
  it('is drawn from the imports as they are (npm run architecture)', () => {
    expect(drawnPicture() === pictureOf(roomsIn(repository()))).toBe(true)
  })

  it('changes with an import between two rooms, and not with one inside a room', () => {
    const tree = repository()
    const before = pictureOf(roomsIn(tree))
    expect(pictureOf(roomsIn([...tree, src('crypto/new.ts', "import './random.ts'")]))).toBe(before)
    expect(pictureOf(roomsIn([...tree, src('crypto/new.ts', "import '../stores/store.ts'")]))).not.toBe(before)
    expect(pictureOf(roomsIn([...tree, src('lobby/new.ts', 'export {}')]))).not.toBe(before)
  })

  it('puts a room above those that it imports', () => {
    const rooms = roomsIn([
      src('a/x.ts', "import '../errors.ts'"),
      src('b/x.ts', "import { type X } from '../a/x.ts'"),
      src('core/x.ts', "import './z/x.ts'; import './shared.ts'"),
      src('core/shared.ts', "import '../b/x.ts'"),
      src('core/z/x.ts', "import '../shared.ts'"),
      src('errors.ts', ''),
    ])
    expect(inOrder(rooms)).toEqual(['core', 'core/z', 'core/shared.ts', 'b', 'a'])
    expect([...(rooms.get('core') ?? [])]).toEqual(['core/z', 'core/shared.ts'])
  })

  it('has a title, says in words what it shows, and fits light and dark pages', () => {
    const picture = drawnPicture()
    expect(picture).toMatch(/<title id="title">[^<]+<\/title>\n<desc id="desc">[^<]*core\/persistence: [^<]*stores[^<]*<\/desc>/)
    expect(picture).toContain('@media (prefers-color-scheme: dark)')
  })
})

it('the page about it has fewer than 150 lines', () => {
  expect(readFileSync(join(root, 'docs/architecture.md'), 'utf8').split('\n').length).toBeLessThan(150)
})
