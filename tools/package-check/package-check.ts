import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { type Manifest, publishedPackages, readManifest } from '../workspace/package.ts'
import { repositoryRoot } from '../workspace/root.ts'
import { run } from '../workspace/run.ts'
import { loadProblems, typeProblems } from './consumer.ts'
import { type PackedPackage, pack } from './pack.ts'

/** What is wrong with the built packages as npm would deliver them. */
export async function packageProblems(root: string): Promise<string[]> {
  // Outside the repository, so that nothing resolves by luck to what is installed here.
  const consumer = realpathSync(mkdtempSync(join(tmpdir(), 'nebula-packages-')))
  try {
    const packages = publishedPackages(root).map(workspacePackage => pack(workspacePackage, consumer))
    const each = await Promise.all(packages.map(tarballProblems))
    return [...each.flat(), ...typeProblems(packages, consumer), ...loadProblems(packages, consumer)]
  } finally {
    rmSync(consumer, { recursive: true, force: true })
  }
}

async function tarballProblems(packed: PackedPackage): Promise<string[]> {
  const manifest = readManifest(packed.installed)
  const problems = [
    ...contentProblems(packed, manifest),
    ...(await publintProblems(packed)),
    ...attwProblems(packed),
  ]
  return problems.map(problem => `${packed.manifest.name}: ${problem}`)
}

function contentProblems({ installed }: PackedPackage, manifest: Manifest): string[] {
  const missing = ['README.md', 'LICENSE'].filter(file => !existsSync(join(installed, file)))
  const published = JSON.stringify(manifest.exports)
  return [
    ...missing.map(file => `the tarball has no ${file}`),
    ...(published.includes('/src/')
      ? ['the published exports point to sources: set publishConfig.exports']
      : []),
  ]
}

async function publintProblems({ tarball }: PackedPackage): Promise<string[]> {
  const bytes = new Uint8Array(readFileSync(tarball))
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer } })
  return messages.map(message => `publint: ${formatMessage(message, pkg, { color: false })}`)
}

function attwProblems({ tarball }: PackedPackage): string[] {
  try {
    run(
      'attw',
      ['--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji', tarball],
      repositoryRoot,
    )
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}
