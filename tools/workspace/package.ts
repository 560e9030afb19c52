import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The fields of a package.json that the tools read. */
export type Manifest = {
  name: string
  private?: boolean
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  exports?: Record<string, Record<string, string>>
  publishConfig?: { exports?: Record<string, Record<string, string>> }
}

/** One package of the workspace; `name` is its folder below `packages/`. */
export type WorkspacePackage = {
  name: string
  directory: string
  manifest: Manifest
}

/** The packages below `packages/`, in the order of their names. */
export function workspacePackages(root: string): WorkspacePackage[] {
  const directory = join(root, 'packages')
  return readdirSync(directory)
    .filter(name => existsSync(join(directory, name, 'package.json')))
    .sort()
    .map(name => ({ name, directory: join(directory, name), manifest: readManifest(join(directory, name)) }))
}

/** The packages that are released. */
export function publishedPackages(root: string): WorkspacePackage[] {
  return workspacePackages(root).filter(({ manifest }) => !manifest.private)
}

export function readManifest(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
}
