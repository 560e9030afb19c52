import { MemoryBackend, MemoryStateStore } from '@nebula-credential/core'
import { describeStateStore } from '@nebula-credential/testing'

describeStateStore('memory', async () => {
  const backend = new MemoryBackend()
  return { first: new MemoryStateStore(backend), second: new MemoryStateStore(backend) }
})
