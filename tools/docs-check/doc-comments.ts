/** The doc comments of a source file as Markdown, each line where it stands in the file. */
export function docComments(source: string): string {
  let inside = false
  const lines = source.split('\n').map(line => {
    if (/^\s*\/\*\*/.test(line)) inside = true
    const text = inside ? line.replace(/^\s*(\/\*\*|\*(?!\/)) ?/, '') : ''
    if (line.includes('*/')) inside = false
    return text.replace(/\s*\*\/\s*$/, '')
  })
  return lines.join('\n')
}
