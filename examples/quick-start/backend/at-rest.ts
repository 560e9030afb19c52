import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Something that is stored, as bytes: a file, or a row or key of a server whose files are out of reach. */
export interface StoredBytes {
  readonly name: string
  readonly bytes: Buffer
}

/** All files in these folders, and in the folders in them. */
export function filesIn(folders: readonly string[]): StoredBytes[] {
  return folders
    .flatMap(folder => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => entry.isFile())
    .map(({ name, parentPath }) => ({ name, bytes: readFileSync(join(parentPath, name)) }))
}
