import { definePackageBuild } from '../../tools/build/tsup.ts'

export default definePackageBuild()
