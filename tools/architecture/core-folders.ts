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

// And in the manager down this one. The files beside these folders put them together, or are what all of them share.
const managerOrder = ['authorization', 'lifecycle', 'token', 'refresh', 'record']

/** Inside core, a folder imports only the folders below it. */
export function coreFolderProblems(file: SourceFile): string[] {
  if (!file.path.startsWith(core) || file.isTest) return []
  const from = placeOf(file.path, core)
  if (!order.includes(from))
    return [`${file.path}:1 ${from} is not in the order of tools/architecture/core-folders.ts`]
  return [
    ...upwardImports(file, core, order),
    ...(from === 'manager' ? upwardImports(file, `${core}manager/`, managerOrder) : []),
  ]
}

function upwardImports(file: SourceFile, folder: string, order: readonly string[]): string[] {
  const from = placeOf(file.path, folder)
  if (!order.includes(from)) return []
  return file.imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier, line }) => ({ path: posix.join(dirname(file.path), specifier), line }))
    .filter(({ path }) => path.startsWith(folder))
    .map(({ path, line }) => ({ to: placeOf(path, folder), line }))
    .filter(({ to }) => order.includes(to) && order.indexOf(to) < order.indexOf(from))
    .map(({ to, line }) => `${file.path}:${line} ${from} may not import ${to}, which is above it`)
}

function placeOf(path: string, folder: string): string {
  return path.slice(folder.length).split('/')[0] ?? ''
}
