import { once } from 'node:events'
import { ServiceUnavailable } from '../services/service-unavailable.ts'
import { faults } from './faults.ts'
import { makeHere } from './make-here.ts'
import type { Answer, Order } from './mount-namespace.ts'

// The process that makeWithMounts starts.
const [{ name, backend, extent }] = (await once(process, 'message')) as [Order]
const fault = faults.find(each => each.name === name)
if (fault === undefined) throw new Error(`There is no fault "${name}"`)
process.send?.(await makeHere(fault, backend, extent).catch(unavailable))

function unavailable(error: unknown): Answer {
  if (error instanceof ServiceUnavailable) return { unavailable: error.message }
  throw error
}
