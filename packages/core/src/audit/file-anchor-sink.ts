import { type FileHandle, open } from 'node:fs/promises'
import { z } from 'zod'
import { CredentialError } from '../errors.ts'
import type { Anchor, AnchorSink } from './anchor-sink.ts'

const anchorSchema = z.object({
  number: z.int().min(1),
  at: z.number(),
  heads: z.array(z.object({ chain: z.string(), sequence: z.int(), hash: z.string() })),
  keyId: z.string(),
  mac: z.string(),
})

const chunkLength = 65_536
const lineEnd = 0x0a

/**
 * Keeps anchors in a file, one JSON line each, only ever appended to, readable by its owner alone (0600) and synced
 * to disk. Put it where those who can write the store cannot. Several processes may share it.
 */
export class FileAnchorSink implements AnchorSink {
  readonly #path: string

  constructor(path: string) {
    if (typeof path !== 'string' || path.length === 0) {
      throw new CredentialError('CONFIG_INVALID', 'FileAnchorSink needs the path of a file')
    }
    this.#path = path
  }

  /**
   * @throws CredentialError VERSION_CONFLICT when the file already holds an anchor of this number;
   * STORAGE_UNAVAILABLE
   */
  async append(anchor: Anchor): Promise<void> {
    await this.#withFile('a+', async file => {
      const { anchor: latest, endsTorn } = await readLatest(file)
      if (latest !== undefined && latest.number >= anchor.number) {
        throw new CredentialError('VERSION_CONFLICT', `Another process wrote anchor ${anchor.number}`)
      }
      // One write, so that lines of two processes do not mix; a line torn by a crash is ended first.
      await file.appendFile(`${endsTorn ? '\n' : ''}${JSON.stringify(anchor)}\n`)
      await file.sync()
    })
  }

  async latest(): Promise<Anchor | undefined> {
    return this.#withFile('r', async file => (await readLatest(file)).anchor)
  }

  async #withFile<T>(flags: 'a+' | 'r', work: (file: FileHandle) => Promise<T>): Promise<T | undefined> {
    try {
      const file = await open(this.#path, flags, 0o600)
      try {
        return await work(file)
      } finally {
        await file.close()
      }
    } catch (cause) {
      if (cause instanceof CredentialError) throw cause
      if (flags === 'r' && isMissing(cause)) return undefined
      throw new CredentialError(
        'STORAGE_UNAVAILABLE',
        `The anchor file ${this.#path} cannot be read or written; check its directory and permissions`,
        { cause },
      )
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** The newest whole anchor, looked for from the end of the file. */
async function readLatest(file: FileHandle): Promise<{ anchor: Anchor | undefined; endsTorn: boolean }> {
  let start = (await file.stat()).size
  let tail: Buffer = Buffer.alloc(0)
  let endsTorn: boolean | undefined
  while (start > 0) {
    const length = Math.min(Math.max(chunkLength, tail.length), start)
    start -= length
    const chunk = Buffer.alloc(length)
    await file.read(chunk, 0, length, start)
    tail = Buffer.concat([chunk, tail])
    endsTorn ??= tail[tail.length - 1] !== lineEnd
    // Up to the first line end, the tail is the rest of a line whose start has not been read.
    const from = start === 0 ? 0 : tail.indexOf(lineEnd) + 1
    if (from === 0 && start > 0) continue
    const lines = tail.subarray(from).toString().split('\n').reverse()
    for (const line of lines) {
      const anchor = parseAnchor(line)
      if (anchor !== undefined) return { anchor, endsTorn }
    }
    tail = tail.subarray(0, from)
  }
  return { anchor: undefined, endsTorn: endsTorn ?? false }
}

function parseAnchor(line: string): Anchor | undefined {
  if (line === '') return undefined
  try {
    return anchorSchema.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
