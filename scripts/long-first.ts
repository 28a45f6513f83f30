import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The files that take longest, from 50 s to 2 min: begun last, one of them would leave a processor idle at the end of the run. */
const LONG = [
  'src/core/persistence/stored/interleavings.slow.test.ts',
  'test/guarantees.integration.test.ts',
  'test/search.slow.test.ts',
  'test/roll-out.slow.test.ts',
  'test/engine-mutants.slow.test.ts',
  'src/stores/mysql.integration.test.ts',
  'src/stores/dynamodb.integration.test.ts',
  'src/core/once/interleavings.slow.test.ts',
  'test/caches.integration.test.ts',
  'src/core/persistence/stored/interleavings-stores.slow.test.ts',
]

/** Long files first; the others as vitest would: by how long they took last, or by their size. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((path) => moduleId.endsWith(path))
      return place < 0 ? LONG.length : place
    }
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other))
  }
}
