import ts from 'typescript-5.9'

const printer = ts.createPrinter({ removeComments: true })

/** A declaration as users see it: no comments, no private members. */
export function printDeclaration(declaration: ts.Declaration): string {
  const statement = ts.findAncestor(declaration, ts.isStatement) ?? declaration
  const publicOnly = ts.transform(statement, [withoutPrivateMembers]).transformed[0] ?? statement
  return printer.printNode(ts.EmitHint.Unspecified, publicOnly, statement.getSourceFile())
}

/** Whether users cannot name a class member. */
export function isPrivateMember(node: ts.Node): boolean {
  if (!ts.isClassElement(node)) return false
  if (node.name && ts.isPrivateIdentifier(node.name)) return true
  return !!(ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private)
}

const withoutPrivateMembers: ts.TransformerFactory<ts.Node> = context => node => {
  if (!ts.isClassDeclaration(node)) return node
  const { modifiers, name, typeParameters, heritageClauses } = node
  const members = node.members.filter(member => !isPrivateMember(member))
  return context.factory.updateClassDeclaration(
    node,
    modifiers,
    name,
    typeParameters,
    heritageClauses,
    members,
  )
}
