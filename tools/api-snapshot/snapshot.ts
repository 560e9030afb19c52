import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publishedPackages } from '../workspace/package.ts'
import { publicApi } from './public-api.ts'

/** Writes `api/<package>.api.md` of every published package and removes those of packages that are gone. */
export function updateSnapshots(root: string): void {
  rmSync(join(root, 'api'), { recursive: true, force: true })
  writeSnapshots(root, join(root, 'api'))
}

/** The differences between the committed snapshots and the built packages, each as a readable diff. */
export function snapshotProblems(root: string): string[] {
  const committed = join(root, 'api')
  const actual = mkdtempSync(join(tmpdir(), 'nebula-api-'))
  try {
    writeSnapshots(root, actual)
    const files = new Set([actual, committed].filter(existsSync).flatMap(directory => readdirSync(directory)))
    return [...files].sort().flatMap(file => diff(join(committed, file), join(actual, file)))
  } finally {
    rmSync(actual, { recursive: true, force: true })
  }
}

function writeSnapshots(root: string, directory: string): void {
  mkdirSync(directory, { recursive: true })
  for (const workspacePackage of publishedPackages(root)) {
    writeFileSync(join(directory, `${workspacePackage.name}.api.md`), publicApi(workspacePackage))
  }
}

function diff(committed: string, actual: string): string[] {
  const before = existsSync(committed) ? committed : '/dev/null'
  const after = existsSync(actual) ? actual : '/dev/null'
  const { stdout } = spawnSync('git', ['diff', '--no-index', '--no-color', before, after], {
    encoding: 'utf8',
  })
  return stdout ? [stdout.trimEnd()] : []
}
