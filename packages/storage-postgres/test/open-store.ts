import { PostgresStateStore } from '../src/index.ts'

// Opens a store on the URL and schema it is told, as a worker that starts would, and says how that ended.
const [schema = '', startAt = ''] = process.argv.slice(2)
const store = new PostgresStateStore(process.env.STORE_URL as string, { schema })
await new Promise(resolve => setTimeout(resolve, Number(startAt) - Date.now()))
try {
  await store.readHeader()
  console.log('ready')
} finally {
  await store.close()
}
