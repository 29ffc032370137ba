import { unshareAzurite } from './azurite.ts'

/** After all files of tests. */
export default unshareAzurite
