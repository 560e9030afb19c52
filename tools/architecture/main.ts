import { report } from '../workspace/report.ts'
import { repositoryRoot } from '../workspace/root.ts'
import { architectureProblems } from './architecture.ts'

await report(() => architectureProblems(repositoryRoot), 'Every import and file follows the architecture')
