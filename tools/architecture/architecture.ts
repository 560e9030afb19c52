import { readManifest, workspacePackages } from '../workspace/package.ts'
import { coreFolderProblems } from './core-folders.ts'
import { cycleProblems } from './cycles.ts'
import { dependencyProblems } from './dependencies.ts'
import { fileProblems, vendorProblems } from './file-rules.ts'
import { layerProblems } from './layers.ts'
import { otherFiles, packageFiles, readSourceFiles } from './source-file.ts'

/** Every breach of the architecture below `packages/`, and import cycles anywhere, as `path:line what to change`. */
export function architectureProblems(root: string): string[] {
  const rootManifest = readManifest(root)
  const manifests = new Map(workspacePackages(root).map(({ name, manifest }) => [name, manifest]))
  const files = readSourceFiles(root, packageFiles)
  return [
    ...files.flatMap(file => [
      ...layerProblems(file),
      ...dependencyProblems(
        file,
        manifests.get(file.packageName) ?? { name: file.packageName },
        rootManifest,
      ),
      ...coreFolderProblems(file),
      ...fileProblems(file),
      ...vendorProblems(file),
    ]),
    ...cycleProblems([...files, ...readSourceFiles(root, otherFiles)].filter(({ isTest }) => !isTest)),
  ]
}
