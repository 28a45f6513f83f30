import type { AppUnderAttack } from './attack/app.ts'
import { fixate } from './attack/fixate.ts'
import { replay } from './attack/replay.ts'
import { type AttackReport, reportOf } from './attack/report.ts'
import { steal } from './attack/steal.ts'
import { toss } from './attack/toss.ts'

/** Everything that `steal`, `replay`, `fixate` and `toss` try, one after the other. Rejects when the app cannot be judged. */
export async function attack(app: AppUnderAttack): Promise<AttackReport> {
  const findings = []
  for (const attacker of [steal, replay, fixate, toss]) findings.push(...(await attacker(app)).findings)
  return reportOf(findings)
}
