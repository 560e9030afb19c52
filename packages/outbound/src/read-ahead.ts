// What a body of a string, bytes, a form or a blob takes to come out of its Request, one chunk after another.
const turnsPerChunk = 4
const maxBytes = 16 * 1_048_576

/**
 * The bytes of a body that is in memory, so that it can be sent with its length; any other body as the stream that it
 * is. A Request does not tell the two apart, so this reads ahead for as long as the next chunk is there at once, and no
 * further than 16 MiB where there is more than one.
 */
export async function readAhead(
  body: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>> {
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  for (let bytes = 0; ; ) {
    const next = reader.read()
    const read = await atOnce(next)
    if (read === undefined) return resumed(chunks, next, reader)
    if (read.done) return inOnePiece(chunks)
    chunks.push(read.value)
    // What is no bytes is left to undici.
    if (!(read.value instanceof Uint8Array)) return resumed(chunks, reader.read(), reader)
    bytes += read.value.byteLength
    if (chunks.length > 1 && bytes > maxBytes) return resumed(chunks, reader.read(), reader)
  }
}

function inOnePiece(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const [only] = chunks
  return chunks.length === 1 ? (only as Uint8Array<ArrayBuffer>) : Buffer.concat(chunks)
}

type Read = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>

/** The next chunk, or undefined when it is not there yet or will never be. */
async function atOnce(next: Promise<Read>): Promise<Read | undefined> {
  let read: Read | undefined
  next.then(
    value => {
      read = value
    },
    () => {},
  )
  for (let turn = 0; read === undefined && turn < turnsPerChunk; turn++) {
    await new Promise(resolve => setImmediate(resolve))
  }
  return read
}

/** The stream, with what was read of it. */
function resumed(
  chunks: Uint8Array[],
  next: Promise<Read>,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  let pending: Promise<Read> | undefined = next
  // It may fail before anybody asks for it.
  next.catch(() => {})
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = chunks.shift()
        if (chunk !== undefined) {
          controller.enqueue(chunk)
          return
        }
        const { done, value } = await (pending ?? reader.read())
        pending = undefined
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: reason => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
