import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Writes files (path to content) to a new folder and returns it; disposing removes the folder. */
export function temporaryTree(
  files: Record<string, string>,
  parent = tmpdir(),
): { root: string } & Disposable {
  mkdirSync(parent, { recursive: true })
  const root = mkdtempSync(join(parent, 'nebula-tree-'))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}
