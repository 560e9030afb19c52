import { dirname, posix } from 'node:path'
import type { SourceFile } from './source-file.ts'

/** No file imports itself by way of others; type imports count, since they tie ideas together just as well. */
export function cycleProblems(files: SourceFile[]): string[] {
  const importsOf = new Map(files.map(file => [file.path, relativeImports(file)]))
  const done = new Set<string>()
  const problems: string[] = []

  const visit = (path: string, trail: string[]): void => {
    const seenAt = trail.indexOf(path)
    if (seenAt >= 0) problems.push(`${path}:1 import cycle: ${[...trail.slice(seenAt), path].join(' -> ')}`)
    if (seenAt >= 0 || done.has(path)) return
    for (const imported of importsOf.get(path) ?? []) visit(imported, [...trail, path])
    done.add(path)
  }

  for (const { path } of files) visit(path, [])
  return problems
}

function relativeImports(file: SourceFile): string[] {
  return file.imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => posix.join(dirname(file.path), specifier))
}
