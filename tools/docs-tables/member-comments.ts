import ts from 'typescript-5.9'

/** The doc comments of the members of an interface, or of the properties of a constant object, by name and in order. */
export function memberComments(source: string, declaration: string): Map<string, string> {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true)
  const comments = new Map<string, string>()
  for (const member of membersOf(file, declaration)) {
    const name = member.name?.getText(file)
    if (name !== undefined) comments.set(name, commentOf(member))
  }
  return comments
}

function membersOf(
  file: ts.SourceFile,
  declaration: string,
): readonly (ts.TypeElement | ts.ObjectLiteralElement)[] {
  for (const statement of file.statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === declaration) return statement.members
    if (!ts.isVariableStatement(statement)) continue
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (name.getText(file) !== declaration || initializer === undefined) continue
      const object = withoutAssertions(initializer)
      if (ts.isObjectLiteralExpression(object)) return object.properties
    }
  }
  throw new Error(`There is no interface or object ${declaration}`)
}

function withoutAssertions(expression: ts.Expression): ts.Expression {
  const isAssertion = ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression)
  return isAssertion ? withoutAssertions(expression.expression) : expression
}

function commentOf(member: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc)
  return (ts.getTextOfJSDocComment(comment?.comment) ?? '').replaceAll(/\s+/g, ' ').trim()
}
