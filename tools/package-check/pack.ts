import { mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { WorkspacePackage } from '../workspace/package.ts'
import { run } from '../workspace/run.ts'

/** A package as npm would receive it: the tarball, and the same unpacked as an installed package. */
export type PackedPackage = WorkspacePackage & { tarball: string; installed: string }

/** Packs a built package into a folder, as it would be published, and returns the path of the tarball. */
export function packTarball({ directory }: WorkspacePackage, destination: string): string {
  const output = run('pnpm', ['pack', '--json', '--pack-destination', destination], directory)
  return JSON.parse(output).filename
}

/** Packs a built package and installs the tarball's content below `consumer/node_modules`. */
export function pack(workspacePackage: WorkspacePackage, consumer: string): PackedPackage {
  const { directory, manifest } = workspacePackage
  const tarball = packTarball(workspacePackage, mkdtempSync(join(consumer, 'tarball-')))
  const installed = join(consumer, 'node_modules', manifest.name)
  mkdirSync(installed, { recursive: true })
  run('tar', ['-xzf', tarball, '--strip-components', '1', '-C', installed], directory)
  linkDependencies(workspacePackage, installed)
  return { ...workspacePackage, tarball, installed }
}

function linkDependencies({ directory, manifest }: WorkspacePackage, installed: string): void {
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  for (const name of names.filter(name => !name.startsWith('@nebula-credential/'))) {
    const link = join(installed, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(realpathSync(join(directory, 'node_modules', name)), link, 'junction')
  }
}
