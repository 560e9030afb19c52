import { dirname, posix } from 'node:path'
import type { SourceFile } from './source-file.ts'

const core = 'packages/core/src/'

// Imports go down this list only.
const order = [
  'index.ts',
  'manager',
  'action',
  'authenticator',
  'credential',
  'storage',
  'encryption',
  'audit',
  'record',
  'secret',
  'errors.ts',
  'clock.ts',
]

/** Inside core, a folder imports only the folders below it. */
export function coreFolderProblems(file: SourceFile): string[] {
  if (!file.path.startsWith(core) || file.isTest) return []
  const from = placeOf(file.path)
  if (!order.includes(from))
    return [`${file.path}:1 ${from} is not in the order of tools/architecture/core-folders.ts`]
  return file.imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier, line }) => ({ to: placeOf(posix.join(dirname(file.path), specifier)), line }))
    .filter(({ to }) => order.indexOf(to) < order.indexOf(from))
    .map(({ to, line }) => `${file.path}:${line} ${from} may not import ${to}, which is above it`)
}

function placeOf(path: string): string {
  return path.slice(core.length).split('/')[0] ?? ''
}
