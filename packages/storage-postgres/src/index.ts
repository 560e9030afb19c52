export { migratePostgres } from './migrate-postgres.ts'
export type { PostgresOptions } from './options.ts'
export { PostgresStateStore } from './state-store.ts'
