/** What happened, and what to do about it: one row a code. */
export type Rows<Code extends string = string> = Readonly<Record<Code, readonly [sentence: string, fix: string]>>
