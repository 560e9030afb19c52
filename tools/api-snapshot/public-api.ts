import { resolve } from 'node:path'
import ts from 'typescript-5.9'
import { entryPoints } from '../workspace/entry-points.ts'
import type { WorkspacePackage } from '../workspace/package.ts'
import { printDeclaration } from './print-declaration.ts'
import { reachableSymbols } from './reachable-symbols.ts'

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
    return `# ${heading}\n\n\`\`\`ts\n${declarations(program, source).join('\n\n')}\n\`\`\`\n`
  })
  return sections.join('\n')
}

function declarations(program: ts.Program, source: ts.SourceFile): string[] {
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(source)
  const names = new Map<ts.Symbol, string>()
  for (const exported of module ? checker.getExportsOfModule(module) : []) {
    const isAlias = exported.flags & ts.SymbolFlags.Alias
    names.set(isAlias ? checker.getAliasedSymbol(exported) : exported, exported.name)
  }
  const hidden = reachableSymbols([...names.keys()], checker, program)
  return [
    ...sorted(
      [...names].map(([symbol, name]) =>
        print(symbol, symbol.name === name ? '' : `// exported as ${name}\n`),
      ),
    ),
    ...sorted(hidden.map(symbol => print(symbol, '// not exported, but part of what is\n'))),
  ].map(({ text }) => text)
}

type Printed = { name: string; text: string }

function print(symbol: ts.Symbol, remark: string): Printed {
  return { name: symbol.name, text: remark + (symbol.declarations ?? []).map(printDeclaration).join('\n') }
}

function sorted(printed: Printed[]): Printed[] {
  return printed.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
