/** Of the module that makes the sessions, and its store: the level, what is wrong, and what to do. */
export const MODULE_CODES = {
  'options-refused': ['error', 'The sessions cannot be made of these options.', 'Correct the option.'],
  'secret-missing': [
    'error',
    'The secret is not set.',
    'Set the variable it comes from; `npx coatcheck secret --name SESSION_SECRET >> .env` makes one.',
  ],
  'secret-weak': [
    'error',
    'A secret can be guessed.',
    'Make one with `npx coatcheck secret`, and bring it in as docs/secrets.md says, so that nobody is signed out.',
  ],
  'secret-published': [
    'error',
    'A secret is the example of a document, which everybody knows.',
    'Make one with `npx coatcheck secret`, and bring it in as docs/secrets.md says, so that nobody is signed out.',
  ],
  'secret-not-writing': [
    'error',
    'No secret may make tickets now.',
    'Give one that is active: `from` has passed, and `until` has not.',
  ],
  'secret-ends-soon': [
    'warning',
    'The secret that makes tickets ends within 14 days, and no other follows it.',
    'Make one with `npx coatcheck secret`, and bring it in as docs/secrets.md says, so that nobody is signed out.',
  ],
  'secret-old': [
    'warning',
    'The secret that makes tickets has done so for over a year.',
    'Make one with `npx coatcheck secret`, and bring it in as docs/secrets.md says, so that nobody is signed out.',
  ],
  'secret-spent': [
    'warning',
    'A secret is still in the list that nothing was made with since before `absoluteTimeout`.',
    'Take it out of the list.',
  ],
  'secret-none': [
    'warning',
    'Tickets have no MAC: these sessions have no secrets.',
    'Give `secrets`: junk then costs the store no call.',
  ],
  'unsigned-accepted': [
    'warning',
    'Tickets without a MAC still count.',
    'Take `acceptUnsigned` out once `absoluteTimeout` has passed since secrets were set.',
  ],
  'timeout-long': [
    'warning',
    'A session may last over 30 days without a sign-in.',
    'Shorten `absoluteTimeout` (NIST SP 800-63B-4: 30 days for AAL1), or say in your document why not.',
  ],
  'store-memory': [
    'warning',
    'Sessions are kept in the memory of one process: a restart ends them, and other instances do not know them.',
    'Use a store that outlives the process: docs/stores.md.',
  ],
  'store-weak': [
    'warning',
    'The store promises no compare-and-set: of writes at the same moment one is lost, and an end may be undone.',
    'Use a store that is `strong`, or set `revocations` to one.',
  ],
  'store-unreachable': ['error', 'The store cannot be reached.', 'Start it, or correct its address.'],
  'store-table-missing': [
    'error',
    'The table of the store is not there.',
    'Call `await store.migrate()` when the application starts.',
  ],
  'store-read-only': ['error', 'The store can be read and not written.', 'Connect it to the primary.'],
  'store-full': [
    'error',
    'The store is full: it takes no new session.',
    'Give it more room, and call `sessions.prune()` now and then.',
  ],
  'store-refuses': ['error', 'The store failed.', 'See what it reported.'],
  'store-loses-writes': [
    'error',
    'The store takes a write that names a version which is not there any more, and says that it is `strong`.',
    'Correct the store: docs/stores/writing-one.md; `storeSuite` of coatcheck/testing tests it.',
  ],
  'store-evicts': [
    'error',
    'The store drops live sessions when its memory is full.',
    'Set `maxmemory-policy` to `noeviction`, or keep sessions in a Redis of their own.',
  ],
  'store-nearly-full': ['warning', 'The memory of the store is nearly full.', 'Give it more room, or keep less in sessions.'],
  'store-forgets': [
    'warning',
    'The store loses acknowledged writes when it stops.',
    'Have it keep them (`appendonly yes` of Redis, `synchronous_commit` of PostgreSQL), or say in your document that people are signed out then.',
  ],
  'store-isolation': [
    'warning',
    'Transactions of the store are stricter than a single statement needs: under load it undoes writes.',
    'Set the default isolation level to `read committed`, or to `repeatable read` on MySQL.',
  ],
  'store-clock': ['warning', 'The clock of the store differs from the one here by over 5 seconds.', 'Let both follow NTP.'],
  'store-not-pruned': [
    'warning',
    'Most records of the store are over.',
    'Call `sessions.prune()` now and then, or `npx coatcheck prune` by cron.',
  ],
  'records-large': [
    'warning',
    'Records are large: each request reads one.',
    'Keep ids in the session, and the rest in your database.',
  ],
} as const
