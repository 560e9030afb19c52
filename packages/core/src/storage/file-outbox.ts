import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { CredentialError } from '../errors.ts'
import { credentialKey } from '../record/ids.ts'
import { OpenState } from './open-state.ts'
import type { Outbox, OutboxEntry } from './outbox.ts'
import { decodeOutboxEntry, encodeOutboxEntry } from './outbox-entry-codec.ts'

// Far longer than any write of a few kilobytes takes.
const abandonedAfterMs = 60 * 60_000

/**
 * An outbox in a local directory (mode 0700), one file (mode 0600) per attempt. An entry is written to a temporary
 * file, synced, renamed into place, and the directory synced, so that it is whole and durable or not there.
 * File names are hashes: any tenant id is safe, and none can be read from them.
 *
 * A damaged file rejects the listing of its own credential only, with DECRYPTION_FAILED naming the file.
 */
export class FileOutbox implements Outbox {
  readonly name: string
  readonly #directory: string
  readonly #state = new OpenState('file outbox')
  #isSwept = false

  /** @param directory Created on the first put. Its parent's file system must be a local one. */
  constructor(directory: string) {
    this.#directory = resolve(directory)
    this.name = `file ${this.#directory}`
  }

  async put(entry: OutboxEntry): Promise<void> {
    this.#state.assertOpen()
    await this.#reaching('write to', async () => {
      await this.#createDirectory()
      await this.#removeAbandoned()
      const path = this.#pathOf(entry.tenantId, entry.id, entry.attemptId)
      const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`
      try {
        await writeDurably(temporary, encodeOutboxEntry(entry))
        await rename(temporary, path)
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      }
      await syncDirectory(this.#directory)
    })
  }

  async list(tenantId: string, id: string): Promise<readonly OutboxEntry[]> {
    this.#state.assertOpen()
    const prefix = `${credentialHash(tenantId, id)}.`
    const entries: OutboxEntry[] = []
    for (const fileName of await this.#fileNames()) {
      if (!fileName.startsWith(prefix) || !fileName.endsWith('.json')) continue
      const text = await this.#read(fileName)
      if (text !== undefined) entries.push(this.#open(fileName, text, tenantId, id))
    }
    return entries.sort((left, right) => left.createdAt - right.createdAt)
  }

  async remove(tenantId: string, id: string, attemptId: string): Promise<void> {
    this.#state.assertOpen()
    await this.#reaching('remove from', async () => {
      await rm(this.#pathOf(tenantId, id, attemptId), { force: true })
      await syncDirectory(this.#directory).catch(ignoreMissing)
    })
  }

  async close(): Promise<void> {
    this.#state.close()
  }

  #pathOf(tenantId: string, id: string, attemptId: string): string {
    return join(this.#directory, `${credentialHash(tenantId, id)}.${hash(attemptId)}.json`)
  }

  /** A process that died in a put left its temporary file: never acknowledged, and never to be finished. */
  async #removeAbandoned(): Promise<void> {
    if (this.#isSwept) return
    for (const fileName of await readdir(this.#directory)) {
      if (!fileName.endsWith('.tmp')) continue
      const path = join(this.#directory, fileName)
      const found = await stat(path).catch(ignoreMissing)
      if (found !== undefined && Date.now() - found.mtimeMs > abandonedAfterMs)
        await rm(path, { force: true })
    }
    this.#isSwept = true
  }

  async #createDirectory(): Promise<void> {
    const first = await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    // A directory that a crash forgets would take its entries with it.
    if (first !== undefined) await syncDirectory(dirname(first))
  }

  async #fileNames(): Promise<readonly string[]> {
    const names = await this.#reaching('list', () => readdir(this.#directory).catch(ignoreMissing))
    return names ?? []
  }

  async #read(fileName: string): Promise<string | undefined> {
    const path = join(this.#directory, fileName)
    const text = await this.#reaching('read from', () => readFile(path, 'utf8').catch(ignoreMissing))
    return text ?? undefined
  }

  #open(fileName: string, text: string, tenantId: string, id: string): OutboxEntry {
    const entry = decodeOutboxEntry(text)
    if (entry?.tenantId === tenantId && entry.id === id) return entry
    throw new CredentialError(
      'DECRYPTION_FAILED',
      `Outbox file ${join(this.#directory, fileName)} is damaged; move it away, then refresh credential ${id} again`,
      { credentialId: id },
    )
  }

  async #reaching<T>(verb: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw new CredentialError('STORAGE_UNAVAILABLE', `Cannot ${verb} outbox directory ${this.#directory}`, {
        cause,
      })
    }
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function credentialHash(tenantId: string, id: string): string {
  return hash(credentialKey(tenantId, id))
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(text)
  await file.sync()
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory; there the rename itself is journalled.
  if (process.platform === 'win32') return
  await using directory = await open(path, 'r')
  await directory.sync()
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
  return undefined
}
