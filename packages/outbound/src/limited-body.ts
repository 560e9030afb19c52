export interface BodyLimit {
  /** In decoded bytes. */
  readonly maxBytes: number
  /** The error of a body that is longer. */
  tooLong(): Error
  /** The error that an interrupted read stands for. */
  interrupted(error: unknown): unknown
  /** Called once, when the body has ended in whatever way. */
  ended(): void
}

/** The same bytes, up to a limit. Reads no further than its reader asks, so a longer body never stands in memory. */
export function limitedBody(
  body: ReadableStream<Uint8Array>,
  { maxBytes, tooLong, interrupted, ended }: BodyLimit,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  let received = 0
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (done) {
            ended()
            controller.close()
            return
          }
          received += value.byteLength
          if (received <= maxBytes) {
            controller.enqueue(value)
            return
          }
        } catch (error) {
          ended()
          controller.error(interrupted(error))
          return
        }
        ended()
        const error = tooLong()
        controller.error(error)
        await reader.cancel(error).catch(() => {})
      },
      async cancel(reason) {
        ended()
        await reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
