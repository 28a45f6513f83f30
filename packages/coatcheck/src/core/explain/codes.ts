import { ANSWERING, type AnsweringCode } from './answering.ts'
import { ARRIVING, type ArrivingCode } from './arriving.ts'
import { REFUSING, type RefusingCode } from './refusing.ts'
import type { Rows } from './rows.ts'

/** Why a session is empty, or is not what was expected. */
export type ExplainCode = ArrivingCode | RefusingCode | AnsweringCode

/** All codes, as docs/explain.md lists them. */
export const CODES: Rows<ExplainCode> = { ...ARRIVING, ...REFUSING, ...ANSWERING }
