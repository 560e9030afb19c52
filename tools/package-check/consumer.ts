import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-5.9'
import { entryPoints } from '../workspace/entry-points.ts'
import { repositoryRoot } from '../workspace/root.ts'
import { run } from '../workspace/run.ts'
import type { PackedPackage } from './pack.ts'

/** Errors that a user of the packed packages would see from TypeScript 5.9, the oldest we support, with skipLibCheck off. */
export function typeProblems(packages: PackedPackage[], consumer: string): string[] {
  const file = join(consumer, 'consumer.mts')
  const imports = packages.flatMap(modulesOf).map((name, index) => `export * as m${index} from '${name}'`)
  writeFileSync(file, imports.join('\n'))
  const program = ts.createProgram([file], {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(repositoryRoot, 'node_modules/@types')],
  })
  // Only ours: what third parties declare is theirs to keep sound.
  const ours = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(consumer))
  return ours
    .flatMap(source => [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ])
    .map(diagnostic => ts.formatDiagnostic(diagnostic, formatHost(consumer)).trimEnd())
}

/** Errors from loading each packed module in Node; those that need a test runner around them are left out. */
export function loadProblems(packages: PackedPackage[], consumer: string): string[] {
  return packages
    .filter(({ manifest }) => !manifest.peerDependencies?.vitest)
    .flatMap(modulesOf)
    .flatMap(name => {
      try {
        run('node', ['--input-type=module', '--eval', `await import('${name}')`], consumer)
        return []
      } catch (error) {
        return [`${name} does not load: ${(error as Error).message}`]
      }
    })
}

function modulesOf({ manifest }: PackedPackage): string[] {
  return entryPoints(manifest).map(({ subpath }) => manifest.name + subpath.slice(1))
}

const formatHost = (directory: string): ts.FormatDiagnosticsHost => ({
  getCurrentDirectory: () => directory,
  getCanonicalFileName: name => name,
  getNewLine: () => '\n',
})
