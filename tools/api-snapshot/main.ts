import { report } from '../workspace/report.ts'
import { repositoryRoot } from '../workspace/root.ts'
import { snapshotProblems, updateSnapshots } from './snapshot.ts'

const advice = 'The public API differs from api/*.api.md. If that is meant, run: npm run api:update'

await report(() => {
  if (process.argv.includes('--update')) updateSnapshots(repositoryRoot)
  const problems = snapshotProblems(repositoryRoot)
  return problems.length > 0 ? [...problems, advice] : []
}, 'The public API is the one in api/')
