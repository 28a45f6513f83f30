import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync, inflateSync } from 'node:zlib'
import type { Page, PageScreenshotOptions } from 'playwright-core'
import { root } from '../scripts/steps.ts'

/** With `COATCHECK_PICTURES=1`, browser tests make the pictures of docs/images anew. */
export async function keepForDocs(page: Page, name: string, options: PageScreenshotOptions): Promise<void> {
  if (!process.env.COATCHECK_PICTURES) return
  writeFileSync(join(root, 'docs/images', name), smaller(await page.screenshot(options)))
}

/** The same PNG, half as large: lines that are stored as they are repeat more than those that Chromium has filtered. */
function smaller(png: Buffer): Buffer {
  const width = png.readUInt32BE(16)
  const bytes = png[25] === 2 ? 3 : 4
  const chunks: { readonly type: string; readonly data: Buffer }[] = []
  for (let at = 8; at < png.length; ) {
    const end = at + 8 + png.readUInt32BE(at)
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, end) })
    at = end + 4
  }
  const filtered = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)))
  const pixels = deflateSync(unfiltered(filtered, width * bytes, bytes), { level: 9, memLevel: 9 })
  const kept = [chunk('IHDR', png.subarray(16, 29)), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([png.subarray(0, 8), ...kept])
}

/** Undoes the filter that stands before each line (PNG 9.2). */
function unfiltered(lines: Buffer, length: number, bytes: number): Buffer {
  const plain = Buffer.alloc(lines.length)
  const at = (position: number, isInside: boolean) => (isInside ? (plain[position] ?? 0) : 0)
  for (let start = 0; start < lines.length; start += length + 1) {
    for (let x = 1; x <= length; x++) {
      const [isNotFirst, isBelow] = [x > bytes, start > 0]
      const left = at(start + x - bytes, isNotFirst)
      const above = at(start + x - length - 1, isBelow)
      const corner = at(start + x - length - 1 - bytes, isNotFirst && isBelow)
      const guess = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][lines[start] ?? 0] ?? 0
      plain[start + x] = (lines[start + x] ?? 0) + guess
    }
  }
  return plain
}

function paeth(left: number, above: number, corner: number): number {
  const distance = (other: number) => Math.abs(left + above - corner - other)
  if (distance(left) <= distance(above) && distance(left) <= distance(corner)) return left
  return distance(above) <= distance(corner) ? above : corner
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}
