import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import type { Manifest } from '../workspace/package.ts'
import type { SourceFile } from './source-file.ts'

// Where tests get real servers from.
const serverModule = /^tools\/services\//
const coreMayImport = new Set(['zod'])

/** Every import is declared in package.json, and core depends on nothing but zod and Node. */
export function dependencyProblems(file: SourceFile, manifest: Manifest, rootManifest: Manifest): string[] {
  const declared = new Set([
    ...Object.keys(manifest.dependencies ?? {}),
    ...Object.keys(manifest.peerDependencies ?? {}),
    ...(file.isTest ? Object.keys({ ...manifest.devDependencies, ...rootManifest.devDependencies }) : []),
  ])
  return file.imports.flatMap(({ specifier, line }) => {
    const at = `${file.path}:${line}`
    if (specifier.startsWith('.'))
      return leavesPackage(file, specifier) ? [`${at} ${specifier} leaves the package`] : []
    if (specifier.startsWith('node:')) return []
    if (isBuiltin(specifier)) return [`${at} write node:${specifier}`]
    const name = packageOf(specifier)
    if (file.packageName === 'core' && !file.isTest && !coreMayImport.has(name)) {
      return [`${at} core may import only zod and node:*, not ${name}`]
    }
    return declared.has(name)
      ? []
      : [`${at} ${name} is not declared in packages/${file.packageName}/package.json`]
  })
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function leavesPackage(file: SourceFile, specifier: string): boolean {
  const target = join(dirname(file.path), specifier).replaceAll('\\', '/')
  return !target.startsWith(`packages/${file.packageName}/`) && !(file.isTest && serverModule.test(target))
}
