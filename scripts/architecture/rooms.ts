import { type File, sources } from '../../packages/coatcheck/test/tree/files.ts'
import { importsOf } from '../../packages/coatcheck/test/tree/syntax.ts'

/** Which rooms each room imports. */
export type Rooms = ReadonlyMap<string, ReadonlySet<string>>

/** Every room may import these, so they are not drawn. */
const EVERYWHERE = ['errors.ts', 'web.ts', 'clock.ts']

/** The room of a source, by its path below src/: its folder there; in core/, the folder below. */
function folderOf(path: string): string {
  const [first = '', second = '', ...rest] = path.split('/')
  return first === 'core' && rest.length > 0 ? `core/${second}` : first
}

/** Files of core/ itself that its rooms share count as rooms of their own: the rest of core/ stands on those rooms. */
export function roomsIn(tree: readonly File[]): Rooms {
  const imports = sources(tree).flatMap((file) =>
    importsOf(file).map(({ target }) => ({ from: file.path, to: target ?? file.path })),
  )
  const shared = new Set(
    imports.filter(({ from, to }) => folderOf(to) === 'core' && /^core\/.+\//.test(from)).map(({ to }) => to),
  )
  const roomOf = (path: string): string => (shared.has(path) ? path : folderOf(path))
  const rooms = new Map<string, Set<string>>()
  for (const { path } of sources(tree)) if (!EVERYWHERE.includes(roomOf(path))) rooms.set(roomOf(path), new Set())
  for (const { from, to } of imports)
    if (roomOf(from) !== roomOf(to) && rooms.has(roomOf(to))) rooms.get(roomOf(from))?.add(roomOf(to))
  return rooms
}

/** The rooms so that as many as can be stand above those that they import; of several that can, the first by name. */
export function inOrder(rooms: Rooms): string[] {
  const left = [...rooms.keys()].sort()
  const order: string[] = []
  const among = (names: Iterable<string>): number => [...names].filter((name) => left.includes(name)).length
  const rank = (room: string): number => among(rooms.get(room) ?? []) - among(left.filter((other) => rooms.get(other)?.has(room)))
  while (left.length > 0) {
    const isFree = (room: string): boolean => left.every((other) => !rooms.get(other)?.has(room))
    const next = left.find(isFree) ?? left.reduce((best, room) => (rank(room) > rank(best) ? room : best))
    left.splice(left.indexOf(next), 1)
    order.push(next)
  }
  return order
}
