import { CredentialError } from '@nebula-credential/core'

// What S3 recommends at least; every chunk but the last has this size.
const chunkBytes = 65_536

/** The signature of a chunk, in hexadecimal, which covers the one before it. */
export type ChunkSigner = (chunk: Uint8Array, priorSignature: string) => Promise<string>

/** How long a body of so many bytes is as signed chunks. */
export function signedChunksLength(bytes: number): number {
  const rest = bytes % chunkBytes
  const full = (bytes - rest) / chunkBytes
  return full * framedLength(chunkBytes) + (rest > 0 ? framedLength(rest) : 0) + framedLength(0)
}

function framedLength(bytes: number): number {
  return frameHead(bytes, '0'.repeat(64)).length + bytes + 2
}

/**
 * A body cut into chunks that are signed one after the other, `aws-chunked`: no more than one of them is in memory.
 * It ends with an error, so that nothing is stored, where the body is not of the declared length.
 */
export function signedChunks(
  body: ReadableStream<Uint8Array>,
  bytes: number,
  seed: { readonly signature: string; readonly sign: ChunkSigner },
): ReadableStream<Uint8Array> {
  return ReadableStream.from(frames(body, bytes, seed))
}

async function* frames(
  body: ReadableStream<Uint8Array>,
  bytes: number,
  { signature, sign }: { readonly signature: string; readonly sign: ChunkSigner },
): AsyncGenerator<Uint8Array> {
  let prior = signature
  let sent = 0
  for await (const chunk of evenChunks(body)) {
    sent += chunk.byteLength
    if (sent > bytes) throw wrongLength(bytes)
    prior = await sign(chunk, prior)
    yield framed(chunk, prior)
  }
  if (sent !== bytes) throw wrongLength(bytes)
  const last = new Uint8Array()
  yield framed(last, await sign(last, prior))
}

async function* evenChunks(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let pieces: Uint8Array[] = []
  let held = 0
  for await (const piece of body) {
    pieces.push(piece)
    held += piece.byteLength
    if (held < chunkBytes) continue
    let bytes = Buffer.concat(pieces)
    for (; bytes.byteLength >= chunkBytes; bytes = bytes.subarray(chunkBytes)) {
      yield bytes.subarray(0, chunkBytes)
    }
    pieces = [bytes]
    held = bytes.byteLength
  }
  if (held > 0) yield Buffer.concat(pieces)
}

function framed(chunk: Uint8Array, signature: string): Uint8Array {
  return Buffer.concat([Buffer.from(frameHead(chunk.byteLength, signature)), chunk, Buffer.from('\r\n')])
}

function frameHead(bytes: number, signature: string): string {
  return `${bytes.toString(16)};chunk-signature=${signature}\r\n`
}

function wrongLength(bytes: number): CredentialError {
  return new CredentialError('INPUT_INVALID', `The body does not have the ${bytes} bytes that it declares`)
}
