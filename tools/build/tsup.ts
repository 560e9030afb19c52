import { defineConfig, type Options } from 'tsup'

/** The build of every package: one ES module per entry. Declarations come from `tsc`, because tsup needs the JS API that TypeScript 7 lacks. */
export const definePackageBuild = (options: Options = {}) =>
  defineConfig({
    entry: ['src/index.ts'],
    format: 'esm',
    target: 'node24',
    platform: 'node',
    // esbuild would otherwise turn `node:sqlite` into `sqlite`, which does not exist.
    removeNodeProtocol: false,
    dts: false,
    sourcemap: true,
    clean: true,
    silent: true,
    ...options,
  })
