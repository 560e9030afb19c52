import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The path of a database file in a folder of its own, which is removed on disposal. */
export function temporaryFile(
  parent = tmpdir(),
): Disposable & { readonly path: string; readonly folder: string } {
  const folder = mkdtempSync(join(parent, 'nebula-sqlite-'))
  return {
    folder,
    path: join(folder, 'nebula.db'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
