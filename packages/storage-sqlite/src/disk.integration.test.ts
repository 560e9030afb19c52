import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { sampleId, sampleRecord } from '@nebula-credential/testing'
import { describe, expect, test } from 'vitest'
import { SqliteStateStore } from './state-store.ts'
import { canMount, runMounted } from './test/child.ts'
import { temporaryFile } from './test/temporary-file.ts'

const whyNot = 'this machine does not let tests mount file systems (unshare -rm)'

describe('a disk that refuses', () => {
  test('when full: writes reject, nothing is half-written, and they succeed once there is space', async context => {
    if (!canMount()) context.skip(whyNot)
    using file = temporaryFile()
    const mount = 'mount -t tmpfs -o size=3m tmpfs "$1"'
    expect(await runMounted(file.folder, mount, 'fill-disk.ts', file.folder)).toEqual(['whole'])
  }, 300_000)

  test('when read-only: writes reject and say what to do, and what was there stays', async context => {
    if (!canMount()) context.skip(whyNot)
    using file = temporaryFile()
    const before = new SqliteStateStore(file.path)
    await before.create(sampleRecord())
    await before.close()
    const mount = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"'
    expect(await runMounted(file.folder, mount, 'use-read-only.ts', file.path)).toEqual(['refused'])
    const fresh = join(file.folder, 'fresh')
    mkdirSync(fresh)
    expect(await runMounted(fresh, mount, 'use-read-only.ts', join(fresh, 'nebula.db'))).toEqual(['refused'])
    const after = new SqliteStateStore(file.path)
    expect((await after.list({}, { limit: 10 })).records.map(({ id }) => id)).toEqual([sampleId()])
    await after.close()
  }, 300_000)
})
