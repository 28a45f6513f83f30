import type { Rows } from './rows.ts'

/** What became of the request, and of what it changed. */
const ROWS = {
  prefetch: [
    'A browser prefetched a page, before anybody wanted to see it, and that changed the session, or tried to.',
    'Change sessions by POST. A link that signs out is followed by every prefetch.',
  ],
  'read-only': [
    'This request only looks at the session, and a change was refused.',
    'Change the session in a request that answers the visitor: a form, an action, an endpoint.',
  ],
  prerendering: [
    'The page is made once for everybody, and has no session.',
    'Have the page made for each request, or read the session by a request of its own.',
  ],
  'not-opened': ['No code asked for the session in this request.', 'Call `await sessions.open(request)` where it is needed.'],
  'store-down': ['The store could not be read.', 'Look at the cause in the event or the error. Nobody was logged out.'],
  'late-write': [
    'The session was changed after the response headers had left, and the change is lost.',
    'Change the session before the first byte of the answer: with a stream, before it begins.',
  ],
  'too-large': [
    'What was changed does not fit into the cookie or the record, and was not kept.',
    'Keep less in the session, set `chunks: true`, or give `createSessions` a store.',
  ],
  conflict: [
    'Another request changed, replaced or ended the session at once, and this one was not carried out.',
    'Let the visitor try again.',
  ],
  'not-stored': ['What was changed could not be stored.', 'Look at the error: it says what to do.'],
  'not-kept': [
    'The answer had a status of 500 or above, so that what was changed is not kept.',
    'Answer below 500 where the change is to count.',
  ],
  'not-committed': [
    'The session was changed, and nobody committed it.',
    'Commit it, and put the Set-Cookie that you get on the response.',
  ],
  'ended-meanwhile': [
    'The session ended while this request was under way: what it changed is not kept.',
    'Nothing: a late request does not bring a session back.',
  ],
  'cookie-conflict': [
    'Something else put a Set-Cookie of the session on the same response; the line was taken off.',
    'Find it and remove it: only this library writes its cookie. Give another session library a name of its own.',
  ],
  'cache-conflict': [
    'The application allowed shared caches to keep a page that depends on the session; that was taken back.',
    'Take `public` and `s-maxage` off this page. A cache that ignores `Cache-Control` shows one visitor the page of another.',
  ],
  overwritten: ['Another request had changed a key that this one read and then set.', 'Use `update(key, fn)` to keep both.'],
  'unreadable-value': [
    'A stored value could not be decoded, and counts as absent.',
    'Look at what wrote it: the event names the key.',
  ],
} as const

export type AnsweringCode = keyof typeof ROWS
export const ANSWERING: Rows<AnsweringCode> = ROWS
