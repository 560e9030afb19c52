import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../workspace/root.ts'
import { ServiceUnavailable } from './service-unavailable.ts'

/**
 * A folder with packages of PyPI, for PYTHONPATH: installed once into the workspace's cache, by the pip of `python3`.
 * @throws ServiceUnavailable where there is no python3 with pip, or no package index
 */
export function pythonPackages(name: string, requirements: readonly string[]): string {
  const cache = join(repositoryRoot, 'node_modules/.cache/python')
  const folder = join(cache, name)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  console.log(`> Installing ${requirements.join(' ')} (pip, into node_modules/.cache)`)
  const partial = mkdtempSync(join(cache, `${name}-`))
  const pip = spawnSync(
    'python3',
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', partial, ...requirements],
    {
      env: { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: 300_000,
    },
  )
  if (pip.status !== 0) {
    rmSync(partial, { recursive: true, force: true })
    const reason = pip.error?.message ?? pip.stderr.slice(-500)
    throw new ServiceUnavailable(`${name} could not be installed; it needs python3 with pip: ${reason}`)
  }
  return inPlace(partial, folder)
}

/** Moves the installation in place, unless another process was faster. */
function inPlace(partial: string, folder: string): string {
  try {
    renameSync(partial, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
    rmSync(partial, { recursive: true, force: true })
  }
  return folder
}
