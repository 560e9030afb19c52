import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repositoryRoot } from '../workspace/root.ts'
import { modulesOf } from './blocks.ts'
import { docComments } from './doc-comments.ts'

const documentPatterns = ['README.md', 'packages/*/README.md', 'docs/**/*.md', 'packages/*/src/**/*.ts']

// One per run, so that two runs in one tree do not meet.
const scratch = `node_modules/.cache/docs-check-${process.pid}`

/** The type errors in the `ts` blocks of README.md files, docs and doc comments, as `path:line message`. */
export function docsProblems(root: string): string[] {
  const documents = globSync(documentPatterns, { cwd: root }).sort()
  const documentOf = new Map<string, string>()
  const problems: string[] = []
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8')
    const found = modulesOf(document.endsWith('.ts') ? docComments(text) : text)
    problems.push(...found.problems.map(({ line, message }) => `${document}:${line} ${message}`))
    for (const { code, line } of found.modules) {
      const file = join(moduleDirectory(root, document), `${document.replaceAll(/[/\\]/g, '-')}-${line}.mts`)
      documentOf.set(file, document)
      writeFileSync(file, code)
    }
  }
  return documentOf.size === 0 ? problems : [...problems, ...typeErrors(root, documentOf)]
}

// Below node_modules of the package that owns the document, so that the block sees the package's dependencies.
function moduleDirectory(root: string, document: string): string {
  const [top, name = ''] = document.split(/[/\\]/)
  const examples = existsSync(join(root, 'examples')) ? join(root, 'examples') : root
  const owner = top === 'packages' ? join(root, 'packages', name) : examples
  const directory = join(owner, scratch)
  mkdirSync(directory, { recursive: true })
  return directory
}

function typeErrors(root: string, documentOf: Map<string, string>): string[] {
  const project = join(root, scratch, 'tsconfig.json')
  mkdirSync(dirname(project), { recursive: true })
  const tsconfig = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: {
      noUnusedLocals: false,
      noUnusedParameters: false,
      types: ['node'],
      typeRoots: [join(repositoryRoot, 'node_modules/@types')],
      paths: { '@nebula-credential/*': [join(root, 'packages/*/src/index.ts')] },
    },
    include: [],
    files: [...documentOf.keys()],
  }
  writeFileSync(project, JSON.stringify(tsconfig))
  const tsc = join(repositoryRoot, 'node_modules/.bin/tsc')
  const { stdout, status } = spawnSync(tsc, ['-p', project, '--pretty', 'false'], {
    cwd: root,
    encoding: 'utf8',
  })
  for (const file of [project, ...documentOf.keys()]) rmSync(dirname(file), { recursive: true, force: true })
  if (status === 0) return []
  return stdout
    .trimEnd()
    .split('\n')
    .map(line => inDocument(line, root, documentOf))
}

function inDocument(message: string, root: string, documentOf: Map<string, string>): string {
  const [, path = '', line = '', text = ''] = /^(.+?)\((\d+),\d+\): (.*)$/.exec(message) ?? []
  const document = documentOf.get(join(root, path)) ?? documentOf.get(path)
  return document ? `${document}:${line} ${text}` : message
}
