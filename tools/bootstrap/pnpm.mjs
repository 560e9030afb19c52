import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The command line of the pnpm that package.json pins: the one on PATH if it is that version, else fetched by npx.
 *
 * @param {string} root
 * @param {(directory: string) => string | undefined} versionOnPath
 */
export function pinnedPnpm(root, versionOnPath = pnpmVersionOnPath) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const version = packageManager.replace(/^pnpm@/, '')
  if (versionOnPath(root) === version) return { command: ['pnpm'], source: `pnpm ${version} from PATH` }
  return { command: ['npx', '-y', `pnpm@${version}`], source: `pnpm ${version} by npx` }
}

/** @param {string} cwd */
function pnpmVersionOnPath(cwd) {
  const { stdout } = spawnSync('pnpm', ['--version'], {
    cwd,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  return stdout?.trim()
}
