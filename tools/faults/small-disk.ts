import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerUser } from '../services/server-user.ts'

/** A file system of its own in a folder, which can be full and read-only. Needs the right to mount. */
export class SmallDisk implements Disposable {
  readonly folder: string
  readonly #ballast: string

  private constructor(folder: string) {
    this.folder = folder
    this.#ballast = join(folder, 'ballast')
  }

  static mount(folder: string, options: { megabytes: number; owner?: ServerUser | undefined }): SmallDisk {
    const { megabytes, owner } = options
    mkdirSync(folder)
    const ownedBy = owner ? `,uid=${owner.uid},gid=${owner.gid}` : ''
    run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700${ownedBy}`, 'tmpfs', folder)
    return new SmallDisk(folder)
  }

  /** Takes all space that is left. */
  fill(): void {
    const file = openSync(this.#ballast, 'a')
    try {
      for (const size of [65_536, 4_096, 1]) writeUntilFull(file, Buffer.alloc(size))
    } finally {
      closeSync(file)
    }
  }

  /** Gives the space back. */
  free(): void {
    rmSync(this.#ballast, { force: true })
  }

  /** Nobody may have a file open for writing. */
  makeReadOnly(): void {
    run('mount', '-o', 'remount,ro', this.folder)
  }

  makeWritable(): void {
    run('mount', '-o', 'remount,rw', this.folder)
  }

  [Symbol.dispose](): void {
    run('umount', '-l', this.folder)
  }
}

function writeUntilFull(file: number, block: Buffer): void {
  for (;;) {
    try {
      writeSync(file, block)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return
      throw error
    }
  }
}

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stderr}`)
}
