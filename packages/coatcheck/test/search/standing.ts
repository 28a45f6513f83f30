/**
 * Violations that the engine is known to show, and the finding that each is. A kind goes from here with the repair: the test fails for a
 * kind that is not here, and for one that is here and is not found any more.
 */
export const STANDING: Readonly<Record<string, string>> = {
  '1 dropped': 'C3: the record that leads on ends with the old idle end; a request in flight is then dropped with 200',
  '2 alive after a sign-out':
    'V10, V11, C3, C4: a create that lands late, an end by one clock only, a record that cannot be read',
  '3 is given the new ticket': 'S15: a request that waits joins the renewal of somebody else',
  '3 sees what came after': 'S15',
  '3 walks in': 'S15',
  '3b is given the new ticket': 'S15, with the attacker as the one who moves',
  '3b sees what came after': 'S15, with the attacker as the one who moves',
  '3b walks in': 'S15, with the attacker as the one who moves',
  '4 sign-in overwritten': 'V9, MOVES (7): a write on a replaced ticket begins a guest session over the sign-in',
  '4 unknown secret': 'C8, V9: an instance without the secret replaces the cookie',
  '5 came back': 'C7: a touch or a write in flight revives what ended by time',
  '5 over by one clock only': 'V10: begun afresh by one clock, alive by another',
  '7 sign-in without a ticket': 'C6, C8: a sign-in whose session ended by time meanwhile is dropped with 200',
  '7 signed out by a failure': 'C5, V8: the answer to the forwarding write is lost',
}
