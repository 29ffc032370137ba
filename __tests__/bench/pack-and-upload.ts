/**
 * What the archive bench runs, bundled, in a process of its own: packs the DAG folder of a project, and uploads it when
 * there is a URL for that. Prints what it took as JSON.
 */
import { writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { uploadBundle } from '../../src/deploy/upload.ts'
import { directly } from '../make/connections.ts'
import { packDagFolder } from '../../src/project/archive.ts'
import { readDagFolder } from '../../src/project/dag-folder.ts'
import { release } from '../../src/project/memory.ts'
import { mostResidentMB } from './resident.ts'

const [project = '.', url] = process.argv.slice(2)
const chunks = packDagFolder(await readDagFolder(path.join(project, 'dags'), { workspace: project }))
let bytes = 0
if (url === undefined) {
  for await (const chunk of chunks) {
    bytes += chunk.length
    release(chunk)
  }
} else {
  bytes = (await uploadBundle({ url, body: chunks, agentFor: directly.agentFor })).bytes
}
const { userCPUTime, systemCPUTime } = process.resourceUsage()
writeFileSync(
  1,
  JSON.stringify({
    bytes,
    residentMB: mostResidentMB(),
    processorSeconds: (userCPUTime + systemCPUTime) / 1e6,
  }),
)
