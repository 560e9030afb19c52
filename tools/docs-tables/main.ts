import { report } from '../workspace/report.ts'
import { repositoryRoot } from '../workspace/root.ts'
import { tableProblems, updateTables } from './docs-tables.ts'
import { generatedTables } from './tables.ts'

const tables = await generatedTables()
if (process.argv.includes('--update')) updateTables(repositoryRoot, tables)
await report(
  () => tableProblems(repositoryRoot, tables),
  'Every generated table of the documentation is up to date',
)
