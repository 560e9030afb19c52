import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tablesIn, withTables } from './places.ts'

const update = 'run: npm run docs:update'

/** The documents whose generated tables differ from the sources, and tables that no document shows. */
export function tableProblems(root: string, tables: Record<string, string>): string[] {
  const shown = new Set<string>()
  const problems = documentsOf(root).flatMap(path => {
    const document = readFileSync(join(root, path), 'utf8')
    for (const name of tablesIn(document)) shown.add(name)
    return withTables(document, tables) === document
      ? []
      : [`${path}: a generated table is out of date; ${update}`]
  })
  const missing = Object.keys(tables).filter(name => !shown.has(name))
  return [...problems, ...missing.map(name => `No document under docs/ shows the generated table "${name}"`)]
}

/** Writes the tables into the documents. */
export function updateTables(root: string, tables: Record<string, string>): void {
  for (const path of documentsOf(root)) {
    const file = join(root, path)
    const document = readFileSync(file, 'utf8')
    const updated = withTables(document, tables)
    if (updated !== document) writeFileSync(file, updated)
  }
}

function documentsOf(root: string): string[] {
  return globSync(['README.md', 'docs/**/*.md'], { cwd: root }).sort()
}
