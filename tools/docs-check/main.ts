import { report } from '../workspace/report.ts'
import { repositoryRoot } from '../workspace/root.ts'
import { docsProblems } from './docs-check.ts'

await report(() => docsProblems(repositoryRoot), 'Every ts block of the documentation compiles')
