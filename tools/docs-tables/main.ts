import { report } from '../workspace/report.ts'
import { repositoryRoot } from '../workspace/root.ts'
import { tableProblems, updateTables } from './docs-tables.ts'

if (process.argv.includes('--update')) updateTables(repositoryRoot)
await report(() => tableProblems(repositoryRoot), 'Every generated table of the documentation is up to date')
