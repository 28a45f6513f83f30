import { describe, test } from 'vitest'
import { cookiesAgree, kinds, rest, storagesAgree } from '../../../test/trials/upstream-lines.ts'

// 39 of 40 cases; `upstream-lines.test.ts` has the others.

describe.each(Object.entries(kinds))('sessions %s', (_, make) => {
  test('commitSession and destroySession write what React Router writes, whatever they are told', () => storagesAgree(make, rest))
})

test('createCookie writes the attributes that React Router writes, and a value that it reads, whatever it is told', () =>
  cookiesAgree(rest))
