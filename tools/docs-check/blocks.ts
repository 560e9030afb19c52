import ts from 'typescript-5.9'

/** A module made of one or more fenced `ts` blocks; each line stands where it stands in the Markdown file. */
export type Module = { code: string; line: number }

const fence = /^( *)(`{3,})(\S*).*$/
const continues = '<!-- continues -->'
const noCheck = /^<!-- no-check: (.+) -->$/

/** The modules of a Markdown file's `ts` blocks, and what is wrong with the way they are marked. */
export function modulesOf(markdown: string): {
  modules: Module[]
  problems: { line: number; message: string }[]
} {
  const modules: string[][] = []
  const starts: number[] = []
  const problems: { line: number; message: string }[] = []

  for (const { language, mark, line, content } of fencedBlocks(markdown)) {
    if (language !== 'ts') continue
    const reason = noCheck.exec(mark)?.[1]
    if (reason) {
      if (isTypeScript(content.join('\n'))) {
        problems.push({ line, message: 'the block is TypeScript, so it must be checked: remove no-check' })
      }
      continue
    }
    if (mark === continues && modules.length === 0) {
      problems.push({ line, message: 'there is no block before this one that it could continue' })
      continue
    }
    if (mark !== continues) {
      modules.push([])
      starts.push(line)
    }
    const module = modules.at(-1) ?? []
    while (module.length < line) module.push('')
    module.push(...content)
  }

  return {
    modules: modules.map((lines, index) => ({ code: lines.join('\n'), line: starts[index] ?? 1 })),
    problems,
  }
}

type Block = { language: string; mark: string; line: number; content: string[] }

function fencedBlocks(markdown: string): Block[] {
  const lines = markdown.split('\n')
  const blocks: Block[] = []
  for (let index = 0; index < lines.length; index++) {
    const [, indent = '', ticks, language = ''] = fence.exec(lines[index] ?? '') ?? []
    if (!ticks) continue
    const start = index
    while (++index < lines.length && lines[index]?.trim() !== ticks);
    const content = lines.slice(start + 1, index).map(text => text.replace(indent, ''))
    blocks.push({ language, mark: markBefore(lines, start), line: start + 1, content })
  }
  return blocks
}

function markBefore(lines: string[], start: number): string {
  const before = lines.slice(0, start).findLast(text => text.trim() !== '')
  return before?.trim() ?? ''
}

function isTypeScript(code: string): boolean {
  return ts.transpileModule(code, { reportDiagnostics: true }).diagnostics?.length === 0
}
