import type { Mutant } from '../helpers/mutated.ts'
import type { Scenario } from './moving.ts'

const CROSSING = 'stores/moving/crossing.ts'

/** Deliberate faults of the move, each with a search that finds it. */
export const FAULTS: readonly (Mutant & { readonly search: Scenario; readonly maxPreemptions?: number; readonly kill?: true })[] =
  [
    {
      fault: 'the claim is not looked at again once the key is taken',
      file: CROSSING,
      from: 'if (now?.version !== claim.version) {',
      to: 'if (now === null) {',
      search: { start: 'from', actors: ['mover', 'mover', 'move ends'] },
    },
    {
      fault: 'the record appears in the new store in one step, without its key being taken first',
      file: CROSSING,
      from: 'let taken = await this.to.create(key, pending(record, claim.version))',
      to: 'let taken = await this.to.create(key, record)',
      search: { start: 'from', actors: ['mover', 'mover', 'move ends'] },
    },
    {
      fault: 'the claim goes before the record appears',
      file: CROSSING,
      from: 'const version = await this.to.update(key, record, taken)\n      if (version === undefined) return undefined\n      await',
      to: 'await this.from.delete(key, claim.version)\n      const version = await this.to.update(key, record, taken)\n      if (version === undefined) return undefined\n      await',
      search: { start: 'from', actors: ['mover', 'move reads'] },
    },
    {
      fault: 'an end leaves the claim behind',
      file: CROSSING,
      from: 'if (old && isClaim(old)) await this.finish(key, old)\n    return this.to.delete',
      to: 'return this.to.delete',
      search: { start: 'arrived', actors: ['move ends', 'prepare reads'] },
    },
    {
      fault: 'a claim that an end meets is removed, and not finished',
      file: CROSSING,
      from: 'if (old && isClaim(old)) await this.finish(key, old)\n    return this.to.delete',
      to: 'if (old && isClaim(old)) await this.from.delete(key, old.version)\n    return this.to.delete',
      search: { start: 'to', actors: ['move ends', 'move ends', 'prepare creates', 'mover'] },
    },
    {
      fault: 'a claim counts as nothing',
      file: CROSSING,
      from: 'if (old && isClaim(old)) return void (await this.finish(key, old))\n      if (old',
      to: 'if (old && !isClaim(old)',
      search: { start: 'from', actors: ['mover', 'prepare reads'] },
    },
    {
      fault: 'a key that somebody holds counts as a record',
      file: CROSSING,
      from: "if (old && !isReserved(old)) return { answer: { at: 'from', found: old } }",
      to: "if (old) return { answer: { at: 'from', found: old } }",
      search: { start: 'nowhere', actors: ['move creates', 'prepare reads'] },
    },
    {
      fault: 'the new store is asked first, and not again',
      file: CROSSING,
      from: 'const there = await this.to.read(key)\n      return { answer: there && !isPending(there)',
      to: 'const there = isNewFirst ? undefined : await this.to.read(key)\n      return { answer: there && !isPending(there)',
      search: { start: 'from', actors: ['mover', 'move reads'] },
    },
    {
      fault: 'a new record of the old store does not mind the new store',
      file: CROSSING,
      from: 'if (there && !isPending(there)) {\n        await this.from.delete(key, slot)\n        return { answer: undefined }\n      }',
      to: '',
      search: { start: 'to', actors: ['prepare creates', 'prepare reads'] },
    },
    {
      fault: 'a new record of the old store does not mind a taken key in the new one',
      file: CROSSING,
      from: 'if (there && !(await this.to.delete(key, there.version))) return undefined',
      to: '',
      search: { start: 'nowhere', actors: ['move creates', 'prepare creates'] },
    },
    {
      fault: 'a new record of the old store is there before the new store was asked',
      file: CROSSING,
      from: 'const slot = await this.from.create(key, reserved(record), replaced)',
      to: 'const slot = await this.from.create(key, record, replaced)',
      search: { start: 'to', actors: ['prepare creates', 'prepare ends', 'prepare reads'] },
    },
    {
      fault: 'a new record of the new store is made although its key is not held in the old one any more',
      file: CROSSING,
      from: 'if (held?.version !== slot) return void (await this.to.delete(key, taken))',
      to: '',
      search: { start: 'nowhere', actors: ['move creates', 'prepare creates'] },
    },
    {
      fault: 'who only holds a key has made its record',
      file: CROSSING,
      from: 'if (isReserved(old)) {\n      await this.from.delete(key, old.version)\n      return false\n    }',
      to: '',
      search: { start: 'nowhere', actors: ['move creates', 'prepare creates'] },
      kill: true,
    },
    {
      fault: 'the version of another write is taken for the own one',
      file: CROSSING,
      from: 'const isOurs = there?.record.data === record.data && there.record.expiresAt === record.expiresAt',
      to: 'const isOurs = there !== undefined',
      search: { start: 'from', actors: ['move rewrites', 'move writes'] },
    },
    {
      fault: 'a write and its claim are two steps',
      file: CROSSING,
      from: 'const written = await this.from.update(key, claimed(record), version)',
      to: 'await this.from.update(key, claimed(record), (await this.from.read(key))?.version ?? "")\n    const written = (await this.from.read(key))?.version',
      search: { start: 'from', actors: ['move writes', 'move writes'] },
    },
    {
      fault: 'the new list is read before the old one',
      file: 'stores/moving/both.ts',
      from: 'const old = (await from.listByOwner?.(owner)) ?? []\n        return [...new Set([...old, ...((await to.listByOwner?.(owner)) ?? [])])]',
      to: 'const others = (await to.listByOwner?.(owner)) ?? []\n        return [...new Set([...((await from.listByOwner?.(owner)) ?? []), ...others])]',
      search: { start: 'from', actors: ['mover', 'prepare lists'] },
    },
    {
      fault: 'an owner is lost on the way',
      file: CROSSING,
      from: 'const record = { ...unclaimed(claim.record), keepUntil: claim.record.expiresAt }',
      to: 'const { owner: _, ...record } = { ...unclaimed(claim.record), keepUntil: claim.record.expiresAt }',
      search: { start: 'from', actors: ['mover', 'move reads'] },
    },
  ]
