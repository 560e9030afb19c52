import type { AuditSink, ChainHead } from './audit-sink.ts'

const pageSize = 500

/** The heads of all chains whose name starts with `prefix`, a page at a time. */
export async function* chainHeads(sink: AuditSink, prefix: string): AsyncGenerator<ChainHead> {
  let cursor: string | undefined
  for (;;) {
    const page = await sink.heads(prefix, pageSize, cursor)
    yield* page
    const last = page.at(-1)?.chain
    if (last === undefined || last === cursor) return
    cursor = last
  }
}
