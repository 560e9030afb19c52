/** A field of a canonical encoding. */
export type CanonicalField = string | number | null | undefined | Uint8Array | readonly CanonicalField[]

/**
 * Encodes a list of fields so that no two different lists have the same bytes: every field carries its kind and
 * its length. What is authenticated, hashed or used as a key goes through here.
 */
export function encodeCanonical(fields: readonly CanonicalField[]): Buffer {
  const buffer = Buffer.allocUnsafe(measureAll(fields))
  writeAll(buffer, 0, fields)
  return buffer
}

// A kind byte, a 4-byte length, then the content; a list's content is its fields.
const headerLength = 5
const kinds = { absent: 0, text: 1, number: 2, bytes: 3, list: 4 } as const

function measureAll(fields: readonly CanonicalField[]): number {
  let length = 0
  for (const field of fields) length += headerLength + measure(field)
  return length
}

function measure(field: CanonicalField): number {
  if (field === null || field === undefined) return 0
  if (typeof field === 'string') return Buffer.byteLength(field)
  if (typeof field === 'number') return 8
  return field instanceof Uint8Array ? field.length : measureAll(field)
}

function writeAll(buffer: Buffer, start: number, fields: readonly CanonicalField[]): number {
  let at = start
  for (const field of fields) {
    const content = at + headerLength
    const { kind, end } = write(buffer, content, field)
    buffer.writeUInt8(kind, at)
    buffer.writeUInt32BE(end - content, at + 1)
    at = end
  }
  return at
}

function write(buffer: Buffer, at: number, field: CanonicalField): { kind: number; end: number } {
  if (field === null || field === undefined) return { kind: kinds.absent, end: at }
  if (typeof field === 'string') return { kind: kinds.text, end: at + buffer.write(field, at) }
  if (typeof field === 'number') return { kind: kinds.number, end: buffer.writeDoubleBE(field, at) }
  if (field instanceof Uint8Array) {
    buffer.set(field, at)
    return { kind: kinds.bytes, end: at + field.length }
  }
  return { kind: kinds.list, end: writeAll(buffer, at, field) }
}
