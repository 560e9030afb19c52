import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { modulesOf } from '../../tools/docs-check/blocks.ts'
import { packTarball } from '../../tools/package-check/pack.ts'
import { publishedPackages } from '../../tools/workspace/package.ts'
import { repositoryRoot } from '../../tools/workspace/root.ts'
import { run } from '../../tools/workspace/run.ts'
import { temporaryTree } from '../../tools/workspace/temporary-tree.ts'
import { runNode } from '../run-node.ts'

const scope = '@nebula-credential/'

/** A folder in which npm has installed some of our packages from their tarballs, and nothing else of ours. */
export class EmptyProject implements Disposable {
  readonly root: string
  readonly #tree: ReturnType<typeof temporaryTree>

  /**
   * @param packages folders below `packages/`; they are built and packed
   * @param files of the project, path to content
   * @param others what npm installs besides, as it is told: `telegraf@4`
   */
  constructor(packages: readonly string[], files: Record<string, string>, others: readonly string[] = []) {
    const projects = packages.map(name => scope + name).join()
    run('nx', ['run-many', '-t', 'build', '-p', projects], repositoryRoot)
    this.#tree = temporaryTree(files)
    this.root = this.#tree.root
    const tarballs = publishedPackages(repositoryRoot)
      .filter(({ name }) => packages.includes(name))
      .map(workspacePackage => packTarball(workspacePackage, this.root))
    const wanted = ['typescript@7', '@types/node@24', ...others, ...tarballs]
    run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...wanted], this.root)
  }

  /** What the compiler says about programs, declarations of the packages included. @throws Error when they do not compile */
  compile(...files: readonly string[]): string {
    const options = ['--noEmit', '--strict', '--target', 'esnext', '--module', 'nodenext', '--types', 'node']
    return run('npx', ['--no-install', 'tsc', ...options, ...files], this.root)
  }

  write(file: string, content: string): void {
    writeFileSync(join(this.root, file), content)
  }

  run(file: string, env: Readonly<Record<string, string>>): ReturnType<typeof runNode> {
    return runNode([file], { cwd: this.root, env })
  }

  /** The folders of our packages that are installed. */
  installed(): readonly string[] {
    return readdirSync(join(this.root, 'node_modules', scope)).sort()
  }

  /** Whether a package is installed, whoever wanted it. */
  has(name: string): boolean {
    return existsSync(join(this.root, 'node_modules', name))
  }

  [Symbol.dispose](): void {
    this.#tree[Symbol.dispose]()
  }
}

/** What a README tells people to save: the first module of its blocks, and to install. */
export function readReadme(path: string): { program: string; installs: readonly string[] } {
  const readme = readFileSync(join(repositoryRoot, path), 'utf8')
  const [program] = modulesOf(readme).modules
  const installs = [...readme.matchAll(/npm install ([^`\n#]*)/g)].flatMap(([, names = '']) =>
    names.trim().split(/\s+/),
  )
  return { program: program?.code.trimStart() ?? '', installs }
}
