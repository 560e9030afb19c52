import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-5.9'

/** An import or re-export as it is written, type-only ones included. */
export type Import = { specifier: string; line: number }

/** What the rules need to know of one file; `path` is relative to the root and uses `/`. */
export type SourceFile = {
  path: string
  packageName: string
  isTest: boolean
  lines: string[]
  imports: Import[]
  exportStars: number[]
  defaultExports: number[]
}

/** Every TypeScript file in `src` and `test` of every package. */
export const packageFiles = 'packages/*/{src,test}/**/*.ts'
/** Every TypeScript file that is in no package. */
export const otherFiles = '{bench,examples,tools}/**/*.ts'

/** Reads the files below `root` that match a glob pattern, in order. */
export function readSourceFiles(root: string, pattern: string): SourceFile[] {
  return globSync(pattern, { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] })
    .map(path => path.replaceAll('\\', '/'))
    .sort()
    .map(path => parseSourceFile(path, readFileSync(join(root, path), 'utf8')))
}

function parseSourceFile(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const lineAt = (position: number) => tree.getLineAndCharacterOfPosition(position).line + 1
  const lineOf = (node: ts.Node) => lineAt(node.getStart(tree))
  return {
    path,
    packageName: path.split('/')[1] ?? '',
    isTest: /\.test(-d)?\.ts$/.test(path) || path.split('/').includes('test'),
    lines: text.replace(/\n$/, '').split('\n'),
    imports: ts
      .preProcessFile(text, true, true)
      .importedFiles.map(({ fileName, pos }) => ({ specifier: fileName, line: lineAt(pos) })),
    exportStars: tree.statements
      .filter(node => ts.isExportDeclaration(node) && node.moduleSpecifier && !node.exportClause)
      .map(lineOf),
    defaultExports: tree.statements.filter(isDefaultExport).map(lineOf),
  }
}

function isDefaultExport(node: ts.Statement): boolean {
  if (ts.isExportAssignment(node)) return true
  if (ts.isExportDeclaration(node) && node.exportClause && ts.isNamedExports(node.exportClause)) {
    return node.exportClause.elements.some(({ name }) => name.text === 'default')
  }
  return (
    ts.canHaveModifiers(node) &&
    !!ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
  )
}
