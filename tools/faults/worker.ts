import { serveWorld } from '../../packages/core/test/crash/serve-world.ts'
import { openWorld } from './world.ts'

serveWorld(openWorld)
