import type { FaultName } from '../flow/matrix.ts'
import { FAULTS } from '../flow/matrix.ts'
import { testFaults } from './fault-matrix.ts'

/** Everything but answers that do not come: those take half a minute each, and have a file of their own. */
const names = (Object.keys(FAULTS) as FaultName[]).filter((name) => !name.startsWith('hang'))

testFaults(names, 8)
