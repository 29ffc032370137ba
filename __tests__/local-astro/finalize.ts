import { ApiError, invalid } from './api-error.ts'
import type { Blobs } from './blobs.ts'
import { deploymentOf, presentDeploy } from './deploys.ts'
import { ok } from './handler.ts'
import type { Answer, Call } from './handler.ts'
import type { PushedImage } from './registry.ts'
import { startRollout, takeScript } from './rollout.ts'
import type { DeployRecord, DeploymentRecord, Store } from './store.ts'

export type FinalizeBody = { dagTarballVersion?: string; bundleTarballVersion?: string }

function checkUploaded(
  blobs: Blobs,
  blob: string | undefined,
  field: keyof FinalizeBody,
  version: string | undefined,
): void {
  if (version === undefined) throw invalid(field, 'is required for this deploy', 'required')
  // An empty version means: remove what is there. It needs no upload.
  if (version === '' || (blob !== undefined && blobs.holds(blob, version))) return
  throw invalid(field, 'is not the version of an upload to the URL of this deploy')
}

function checkBody(
  { deployment }: DeploymentRecord,
  { deploy, dagsBlob, bundleBlob }: DeployRecord,
  blobs: Blobs,
  body: FinalizeBody,
): void {
  const { dagTarballVersion: dags, bundleTarballVersion: bundle } = body
  const takesDags =
    deploy.type === 'DAG_ONLY' || (deploy.type === 'IMAGE_AND_DAG' && deploy.isDagDeployEnabled && dagsBlob)
  if (takesDags) checkUploaded(blobs, dagsBlob, 'dagTarballVersion', dags)
  else if (dags) throw invalid('dagTarballVersion', `has no place in a deploy of the type ${deploy.type}`)
  if (deploy.type === 'BUNDLE') checkUploaded(blobs, bundleBlob, 'bundleTarballVersion', bundle)
  else if (bundle) throw invalid('bundleTarballVersion', 'is for BUNDLE only')
  if (deployment.status === 'HIBERNATING') {
    throw new ApiError(400, 'The Deployment is hibernating. Wake it up before you deploy to it')
  }
}

/** Repeats are not documented: refused, or answered as before when the setting says so and nothing differs. */
function repeated(call: Call<FinalizeBody>, record: DeploymentRecord, found: DeployRecord): Answer {
  const { deploy } = found
  const same = (call.body.dagTarballVersion ?? '') === (deploy.dagTarballVersion ?? '')
  if (deploy.status === 'DEPLOYED' && call.store.settings.idempotentFinalize && same) {
    return ok(presentDeploy(record, found))
  }
  throw new ApiError(400, `The deploy cannot be finalized: it is ${deploy.status}`)
}

/** What was pushed for a deploy; undefined where no registry is there to ask. Refuses a deploy whose image is not there. */
async function pushedImage(store: Store, { deploy }: DeployRecord): Promise<PushedImage | undefined> {
  if (!store.images || !deploy.type.startsWith('IMAGE')) return undefined
  const image = await store.images.find(deploy.imageRepository.replace(/^[^/]+\//, ''), deploy.imageTag)
  if (!image) throw new ApiError(400, `The image ${deploy.imageTag} was not pushed`)
  return image
}

const runtimeLabel = 'io.astronomer.docker.runtime.version'

export async function finalizeDeploy(call: Call<FinalizeBody>): Promise<Answer> {
  const { store, blobs, principal, params, body } = call
  const record = deploymentOf(call, true)
  const found = record.deploys.find(({ deploy }) => deploy.id === params.deployId)
  // The contract lists no 404 for this operation.
  if (!found) throw new ApiError(400, 'There is no such deploy')
  const { deployment } = record
  const { deploy } = found
  if (deploy.status !== 'INITIALIZED') return repeated(call, record, found)
  checkBody(record, found, blobs, body)
  const image = await pushedImage(store, found)
  if (image) found.imageDigest = image.digest

  const before = {
    image: record.desiredImage,
    dags: deployment.desiredDagTarballVersion,
    bundles: record.bundles,
  }
  const script = takeScript(record)
  if (deploy.type === 'DAG_ONLY' || (deploy.type === 'IMAGE_AND_DAG' && found.dagsBlob !== undefined)) {
    deployment.desiredDagTarballVersion = body.dagTarballVersion ?? ''
  }
  if (deployment.desiredDagTarballVersion !== undefined) {
    deploy.dagTarballVersion = deployment.desiredDagTarballVersion
  }
  if (deploy.type === 'BUNDLE') {
    const mountPath = deploy.bundleMountPath ?? ''
    const current = record.bundles.find((bundle) => bundle.mountPath === mountPath)?.currentVersion
    record.bundles = [
      ...record.bundles.filter((bundle) => bundle.mountPath !== mountPath),
      {
        mountPath,
        bundleType: found.bundleType ?? '',
        deployId: deploy.id,
        desiredVersion: body.bundleTarballVersion ?? '',
        ...(current === undefined ? {} : { currentVersion: current }),
      },
    ]
  }
  if (deploy.type.startsWith('IMAGE')) {
    record.desiredImage = {
      tag: deploy.imageTag,
      runtimeVersion:
        script.astroRuntimeVersion ?? image?.labels[runtimeLabel] ?? record.desiredImage.runtimeVersion,
      airflowVersion: script.airflowVersion ?? record.desiredImage.airflowVersion,
    }
    deploy.astroRuntimeVersion = record.desiredImage.runtimeVersion
    deploy.airflowVersion = record.desiredImage.airflowVersion
    if (store.settings.imageTagMovesAt === 'finalize') deployment.imageTag = deploy.imageTag
  }
  deploy.status = 'DEPLOYED'
  deploy.updatedAt = store.timestamp()
  deploy.updatedBySubject = principal.subject
  startRollout(store, record, script, {
    deploy: found,
    before() {
      record.desiredImage = before.image
      record.bundles = before.bundles
      if (before.dags !== undefined) record.deployment.desiredDagTarballVersion = before.dags
    },
  })
  return ok(presentDeploy(record, found))
}
