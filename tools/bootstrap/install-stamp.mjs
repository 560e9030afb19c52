import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @param {string} root */
const stampFile = root => join(root, 'node_modules', '.install-stamp')

/**
 * Whether node_modules was installed from the lockfile and manifests as they are now.
 *
 * @param {string} root
 */
export function isInstalled(root) {
  const file = stampFile(root)
  return existsSync(file) && readFileSync(file, 'utf8') === fingerprint(root)
}

/**
 * Records that node_modules holds what the lockfile and manifests say.
 *
 * @param {string} root
 */
export function markInstalled(root) {
  writeFileSync(stampFile(root), fingerprint(root))
}

/** @param {string} root */
function fingerprint(root) {
  const hash = createHash('sha256')
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests(root)]) {
    hash.update(`${file}\0`).update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

/** @param {string} root */
function manifests(root) {
  const packages = readdirSync(join(root, 'packages')).map(name => `packages/${name}`)
  return ['.', 'bench', 'examples', ...packages.sort()]
    .map(folder => `${folder}/package.json`)
    .filter(file => existsSync(join(root, file)))
}
