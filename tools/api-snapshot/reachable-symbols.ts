import ts from 'typescript-5.9'
import { isPrivateMember } from './print-declaration.ts'

/** The package's own declarations that the exported ones mention, directly or not, without being exported themselves. */
export function reachableSymbols(
  exported: ts.Symbol[],
  checker: ts.TypeChecker,
  program: ts.Program,
): ts.Symbol[] {
  const seen = new Set(exported)
  const queue = [...exported]

  const visit = (node: ts.Node): void => {
    if (isPrivateMember(node)) return
    if (ts.isIdentifier(node)) add(checker.getSymbolAtLocation(node))
    ts.forEachChild(node, visit)
  }
  const add = (symbol: ts.Symbol | undefined): void => {
    if (!symbol) return
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    if (seen.has(target) || !target.declarations?.some(isOwn)) return
    seen.add(target)
    queue.push(target)
  }
  const isOwn = (declaration: ts.Declaration): boolean => {
    const file = declaration.getSourceFile()
    if (program.isSourceFileFromExternalLibrary(file) || program.isSourceFileDefaultLibrary(file))
      return false
    return ts.findAncestor(declaration, ts.isStatement)?.parent === file && isTopLevel(declaration)
  }

  for (const symbol of queue) symbol.declarations?.forEach(visit)
  return [...seen].slice(exported.length)
}

function isTopLevel(declaration: ts.Declaration): boolean {
  if (ts.isVariableDeclaration(declaration)) return true
  return ts.isSourceFile(declaration.parent)
}
