import type { Manifest } from './package.ts'

/** A published module: its path below the package's name (`.` for the main one) and its declarations. */
export type EntryPoint = { subpath: string; types: string }

/** The modules that the published package offers. */
export function entryPoints(manifest: Manifest): EntryPoint[] {
  return Object.entries(manifest.publishConfig?.exports ?? manifest.exports ?? {}).flatMap(
    ([subpath, target]) => (target.types ? [{ subpath, types: target.types }] : []),
  )
}
