import { serveWorld } from './serve-world.ts'
import { openSqliteManager } from './sqlite-world.ts'

serveWorld(openSqliteManager)
