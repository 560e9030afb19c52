import { once } from 'node:events'
import { faults } from './faults.ts'
import { makeHere } from './make-fault.ts'
import type { Order } from './mount-namespace.ts'

// The process that makeWithMounts starts.
const [{ name, backend, extent }] = (await once(process, 'message')) as [Order]
const fault = faults.find(each => each.name === name)
if (fault === undefined) throw new Error(`There is no fault "${name}"`)
process.send?.(await makeHere(fault, backend, extent))
