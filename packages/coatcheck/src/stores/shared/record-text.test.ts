import { describe, expect, it } from 'vitest'
import { fixedOf, parseRecord, parseVersion, recordText, versionText } from './record-text.ts'

const times = { createdAt: 1_700_000_000_000, endsAt: 1_800_000_000_000.5, expiresAt: -1e21 }

describe('the text of a record', () => {
  it.each([
    { data: '', ...times },
    { data: 'a\nb/c\r\n', owner: 'ada_-9', ...times },
    { data: '\ufeff1/2/3//\n', owner: 'o'.repeat(128), ...times },
  ])('gives it back: %j', (record) => {
    const fixed = fixedOf(record, 'Entry_-1')
    expect(parseRecord(recordText(fixed, record))).toEqual({ record, fixed, entry: 'Entry_-1' })
    expect(parseRecord(recordText(fixedOf(record), record))).toEqual({ record, fixed: fixedOf(record), entry: '' })
  })

  it.each(['', '\n', '1/2/3//', '1/2//\ndata', 'x/2/3//\n', '1/2/3/Ada/\n', ' 1/2/3//\n', '1/2/3//e e\n', '{"data":""}\n'])(
    'is no other: %j',
    (text) => {
      expect(parseRecord(text)).toBeUndefined()
    },
  )
})

describe('the text of a version', () => {
  it('has what an update leaves as it was', () => {
    const fixed = fixedOf({ data: '', owner: 'ada', ...times }, 'entry')
    expect(parseVersion(versionText(17, fixed))).toEqual({ own: '17', fixed, owner: 'ada', entry: 'entry' })
    expect(parseVersion(versionText('Run-1.17', fixedOf({ data: '', ...times })))).toMatchObject({ own: 'Run-1.17', owner: '' })
  })

  it.each(['', '17', '7-made-up-version', '17/1/2', '/1/2//', '17/1/2/Ada/', '17/1/2//\n'])('is no other: %j', (version) => {
    expect(parseVersion(version)).toBeUndefined()
  })
})
