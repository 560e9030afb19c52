import { report } from '../workspace/report.ts'
import { repositoryRoot } from '../workspace/root.ts'
import { packageProblems } from './package-check.ts'

await report(() => packageProblems(repositoryRoot), 'Every package is sound as npm would deliver it')
