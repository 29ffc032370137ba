/** Before `npm test`: says which suite is not part of it. */
import { missingForEngine } from './engine.ts'

const missing = missingForEngine()
const how =
  missing.length === 0
    ? 'npm run test:docker'
    : `this machine lacks ${missing.join(', ')}; on Debian, as root: apt-get install docker.io docker-registry iproute2 mmdebstrap, then npm run test:docker`
console.log(`Left out here: the suite with a real Docker engine and registry (${how}).`)
