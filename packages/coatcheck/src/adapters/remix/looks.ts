import { type LiveSession, type Originals, propertiesOf } from '../../core/adapter.ts'
import { withoutNames } from '../../migrate/flash-keys.ts'
import type { CoatcheckSession, SessionData } from './types.ts'
import { wasAsked } from './wrapped.ts'

type View = CoatcheckSession<SessionData>

interface Looked {
  view(): View
  live(): LiveSession
  readonly originals: Originals
}

const LOOKS = propertiesOf<Looked>({
  id: {
    enumerable: true,
    get({ view, live }) {
      wasAsked(view())
      return live().handle ?? ''
    },
  },
  readOnly: { enumerable: true, get: ({ live }) => live().readOnly },
  data: {
    enumerable: true,
    get({ live, originals }) {
      const flash = live()
        .flashKeys()
        .map((key) => [`__flash_${key}__`, live().peek(key)] as const)
      return withoutNames({ ...live().data, ...Object.fromEntries(flash), ...originals.all() })
    },
  },
})

/** A session of Remix with these methods, which shows the one behind it. */
export function shown(methods: Omit<View, 'id' | 'readOnly' | 'data'>, live: () => LiveSession, originals: Originals): View {
  const view: View = LOOKS.put(methods, { view: () => view, live, originals }) as View
  return view
}
