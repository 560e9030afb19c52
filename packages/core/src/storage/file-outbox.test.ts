import { copyFile, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isCredentialError } from '../errors.ts'
import { FileOutbox } from './file-outbox.ts'
import type { OutboxEntry } from './outbox.ts'

let parent: string
let directory: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'nebula-outbox-'))
  directory = join(parent, 'outbox')
})
afterEach(() => rm(parent, { recursive: true }))

function entryOf(overrides: Partial<OutboxEntry> = {}): OutboxEntry {
  return {
    ...{ tenantId: '../acme', id: 'chat_bot_1', attemptId: 'attempt', generation: 1 },
    ...{ sealed: Uint8Array.of(1, 2, 3), createdAt: 1_000 },
    ...overrides,
  }
}

test('keeps one private file per attempt in a private directory, whose name tells nothing', async () => {
  const outbox = new FileOutbox(directory)
  await outbox.put(entryOf())
  await outbox.put(entryOf())
  await outbox.put(entryOf({ attemptId: 'second' }))
  const files = await readdir(directory)
  expect(files).toHaveLength(2)
  for (const file of files) {
    expect(file).toMatch(/^[0-9a-f]{64}\.[0-9a-f]{64}\.json$/)
    expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600)
  }
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
})

test('removes what a process that died in a put left behind, and nothing that may still be written', async () => {
  await new FileOutbox(directory).put(entryOf())
  const [file = ''] = await readdir(directory)
  const abandoned = `${file}.0123456789abcdef.tmp`
  const written = `${file}.fedcba9876543210.tmp`
  await writeFile(join(directory, abandoned), '{')
  await writeFile(join(directory, written), '{')
  const twoHoursAgo = Date.now() / 1000 - 2 * 60 * 60
  await utimes(join(directory, abandoned), twoHoursAgo, twoHoursAgo)
  await utimes(join(directory, file), twoHoursAgo, twoHoursAgo)
  await new FileOutbox(directory).put(entryOf())
  expect(await readdir(directory)).toEqual(expect.arrayContaining([file, written]))
  expect(await readdir(directory)).not.toContain(abandoned)
})

test('names its place', () => {
  expect(new FileOutbox(directory).name).toBe(`file ${directory}`)
})

test('a damaged file is one clear error that names it, and blocks no other credential', async () => {
  const outbox = new FileOutbox(directory)
  await outbox.put(entryOf())
  const [file = ''] = await readdir(directory)
  await outbox.put(entryOf({ id: 'chat_bot_2' }))
  for (const damage of ['', '{', '{"format":1}', '{"format":2}', 'null', '\0'.repeat(64)]) {
    await writeFile(join(directory, file), damage)
    const error = await outbox.list('../acme', 'chat_bot_1').catch((reason: unknown) => reason)
    expect(isCredentialError(error, 'DECRYPTION_FAILED')).toBe(true)
    expect(String(error)).toContain(file)
  }
  expect(await outbox.list('../acme', 'chat_bot_2')).toHaveLength(1)
  await outbox.put(entryOf())
  expect(await outbox.list('../acme', 'chat_bot_1')).toEqual([entryOf()])
})

test('a file that was copied to another credential’s name is refused', async () => {
  const outbox = new FileOutbox(directory)
  await outbox.put(entryOf())
  const [mine = ''] = await readdir(directory)
  await outbox.put(entryOf({ id: 'chat_bot_2' }))
  const theirs = (await readdir(directory)).find(file => file !== mine) ?? ''
  await rm(join(directory, theirs))
  await copyFile(join(directory, mine), join(directory, theirs))
  const error = await outbox.list('../acme', 'chat_bot_2').catch((reason: unknown) => reason)
  expect(isCredentialError(error, 'DECRYPTION_FAILED')).toBe(true)
})

test('what a crash left half written is no entry and is in nobody’s way', async () => {
  const outbox = new FileOutbox(directory)
  await outbox.put(entryOf())
  const [file = ''] = await readdir(directory)
  await writeFile(join(directory, `${file}.0123456789abcdef.tmp`), '{"format":1,"tena')
  expect(await outbox.list('../acme', 'chat_bot_1')).toEqual([entryOf()])
  await outbox.put(entryOf({ generation: 2 }))
  expect(await outbox.list('../acme', 'chat_bot_1')).toEqual([entryOf({ generation: 2 })])
})

test('a place that cannot be written or read is STORAGE_UNAVAILABLE, with its cause', async () => {
  await writeFile(directory, 'a file where the directory should be')
  const outbox = new FileOutbox(directory)
  for (const work of [() => outbox.put(entryOf()), () => outbox.list('t', 'i')]) {
    const error = await work().catch((reason: unknown) => reason)
    expect(isCredentialError(error, 'STORAGE_UNAVAILABLE')).toBe(true)
    expect((error as Error).cause).toBeInstanceOf(Error)
  }
})

test('a put that failed leaves no file behind', async () => {
  await mkdir(directory)
  const outbox = new FileOutbox(directory)
  await outbox.put(entryOf())
  const [file = ''] = await readdir(directory)
  await outbox.remove('../acme', 'chat_bot_1', 'attempt')
  // A directory in the entry's place makes the rename fail.
  await mkdir(join(directory, file, 'child'), { recursive: true })
  const error = await outbox.put(entryOf()).catch((reason: unknown) => reason)
  expect(isCredentialError(error, 'STORAGE_UNAVAILABLE')).toBe(true)
  expect(await readdir(directory)).toEqual([file])
})
