import { resolve } from 'node:path'
import ts from 'typescript-5.9'
import { entryPoints } from '../workspace/entry-points.ts'
import type { WorkspacePackage } from '../workspace/package.ts'

// The oldest compiler we support; TypeScript 7 has no JavaScript API.
const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
}

/** The declarations of everything a package exports, as Markdown; read from its built declarations. */
export function publicApi({ directory, manifest }: WorkspacePackage): string {
  const entries = entryPoints(manifest).map(entry => ({ ...entry, file: resolve(directory, entry.types) }))
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    compilerOptions,
  )
  const sections = entries.map(({ subpath, file }) => {
    const source = program.getSourceFile(file)
    if (!source) throw new Error(`${manifest.name} is not built. Run: npm run build`)
    const heading = subpath === '.' ? manifest.name : `${manifest.name}/${subpath.slice(2)}`
    return `# ${heading}\n\n\`\`\`ts\n${exportedDeclarations(program, source).join('\n\n')}\n\`\`\`\n`
  })
  return sections.join('\n')
}

function exportedDeclarations(program: ts.Program, source: ts.SourceFile): string[] {
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(source)
  if (!module) return []
  return checker
    .getExportsOfModule(module)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(exported => declarationOf(exported, checker))
}

function declarationOf(exported: ts.Symbol, checker: ts.TypeChecker): string {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
  const declarations = symbol.declarations ?? []
  const renamed = symbol.name === exported.name ? '' : `// exported as ${exported.name}\n`
  return renamed + declarations.map(printDeclaration).join('\n')
}

const printer = ts.createPrinter({ removeComments: true })

function printDeclaration(declaration: ts.Declaration): string {
  const statement = ts.findAncestor(declaration, ts.isStatement) ?? declaration
  const publicOnly = ts.transform(statement, [withoutPrivateMembers]).transformed[0] ?? statement
  return printer.printNode(ts.EmitHint.Unspecified, publicOnly, statement.getSourceFile())
}

const withoutPrivateMembers: ts.TransformerFactory<ts.Node> = context => node => {
  if (!ts.isClassDeclaration(node)) return node
  const members = node.members.filter(member => !isPrivate(member))
  return context.factory.updateClassDeclaration(
    node,
    node.modifiers,
    node.name,
    node.typeParameters,
    node.heritageClauses,
    members,
  )
}

function isPrivate(member: ts.ClassElement): boolean {
  if (member.name && ts.isPrivateIdentifier(member.name)) return true
  return !!(ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Private)
}
