import { others, visitorsStayApart } from '../../test/trials/lying-contexts.ts'

// 6 of 9 adapters; `lying-contexts.test.ts` has the others.
visitorsStayApart(others)
