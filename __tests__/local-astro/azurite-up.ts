import { shareAzurite } from './azurite.ts'

/** Before all files of tests: a blob store for each of them would take a tenth of the time. */
export default shareAzurite
