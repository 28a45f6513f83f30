/**
 * Violations that the engine is known to show, and the finding that each is. A kind goes from here with its repair: the test fails for a
 * kind that is nowhere here, and for one of these that is not found any more.
 */
export const STANDING: Readonly<Record<string, string>> = {
  '1 dropped': 'C3: what leads on ends with the old idle end; a request in flight is then dropped with 200',
  '2 alive after a sign-out (its ticket: idle-expired)': 'V10: over by one clock, so nothing is removed, and alive by another',
  '2 alive after a sign-out (its ticket: opened it)':
    'C4, V11: what cannot be read is deleted and reported as ended; a create that lands after the end',
  '2 alive after a sign-out (its ticket: unknown-key)': 'C8, V9: an instance without the secret says that it is done',
  '3 is given the new ticket': 'S15: a request that waits joins the renewal of somebody else',
  '3 sees what came after': 'S15',
  '3 walks in': 'S15, V6: a renewal or another sign-in goes on from where somebody else moved',
  '3b is given the new ticket': 'S15, where the attacker is who moved',
  '3b sees what came after': 'S15, where the attacker is who moved',
  '3b walks in': 'V6, where the attacker is who moved',
  '4 sign-in overwritten (by a ticket: opened)': 'V7: an older answer does not look again before its Set-Cookie',
  '4 sign-in overwritten (by a ticket: replaced)': 'V9: a write on a replaced ticket begins a guest session over the sign-in',
  '4 unknown secret': 'C8, V9: an instance without the secret replaces the cookie',
  '5 came back (by a read in flight)': 'C7: a touch revives what ended by time',
  '5 came back (by a write in flight)': 'C7: a write revives what ended by time',
  '5 over by one clock only': 'V10: begun afresh by one clock, alive by another',
  '7 sign-in without a ticket (dropped)': 'C8: a sign-in whose session ended by time meanwhile is dropped with 200',
  '7 sign-in without a ticket (evicted)': 'C6: a guest who signs in evicts himself',
  '7 signed out by a failure': 'C5, V8: the answer to the write that leads on is lost',
}

/** The same faults in rarer forms, which this number of schedules need not show. */
export const RARE: Readonly<Record<string, string>> = {
  '2 alive after a sign-out (its ticket: duplicate)': 'C8: a sign-out with two live tickets ends neither',
  '2 alive after a sign-out (its ticket: replaced)': 'V11',
  '2 alive after a sign-out (its ticket: unknown)': 'V3: what leads on was evicted or pruned',
  '2 alive after another signed in (its ticket: opened it)': 'C3: what leads on was pruned while the request was under way',
  '4 sign-in overwritten (by a ticket: idle-expired)': 'V10',
  '4 sign-in overwritten (by a ticket: unknown)': 'V3: the full memory store evicted what leads on',
  '4 sign-in overwritten (by a ticket: unknown-key)': 'C8, V9',
  '5 came back (by a move in flight)': 'C7',
}
