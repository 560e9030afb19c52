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
    const end = write(buffer, content, field)
    buffer[at] = kindOf(field)
    buffer.writeUInt32BE(end - content, at + 1)
    at = end
  }
  return at
}

/** Writes text as UTF-8, and returns where it ends. */
function writeText(buffer: Buffer, start: number, text: string): number {
  // Names and ids are short and ASCII: a loop is faster than the call into native code.
  let at = start
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit > 0x7f) return start + buffer.write(text, start)
    buffer[at++] = unit
  }
  return at
}

/** Writes the content of a field, and returns where it ends. */
function write(buffer: Buffer, at: number, field: CanonicalField): number {
  if (field === null || field === undefined) return at
  if (typeof field === 'string') return writeText(buffer, at, field)
  if (typeof field === 'number') return buffer.writeDoubleBE(field, at)
  if (!(field instanceof Uint8Array)) return writeAll(buffer, at, field)
  buffer.set(field, at)
  return at + field.length
}

function kindOf(field: CanonicalField): number {
  if (field === null || field === undefined) return kinds.absent
  if (typeof field === 'string') return kinds.text
  if (typeof field === 'number') return kinds.number
  return field instanceof Uint8Array ? kinds.bytes : kinds.list
}
