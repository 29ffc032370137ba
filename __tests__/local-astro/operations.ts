import type { OperationId } from './contract/generate.ts'
import { createDeployment } from './deployment-create.ts'
import { getDeploymentOptions } from './deployment-options.ts'
import { updateDeployment } from './deployment-update.ts'
import { deleteDeployment, getDeployment, listDeployments } from './deployments.ts'
import { createDeploy, getDeploy, listDeploys, rollback, updateDeploy } from './deploys.ts'
import {
  createObject,
  deleteObject,
  excludeLinking,
  getObject,
  listObjects,
  updateObject,
} from './environment-objects.ts'
import { finalizeDeploy } from './finalize.ts'
import type { Answer, Call, Handler } from './handler.ts'
import { deleteOverride, postOverride } from './hibernation.ts'
import { getOrganization, listOrganizations } from './organizations.ts'

/** A handler whose body the contract has checked to be of this type. */
function withBody<Body>(handle: (call: Call<Body>) => Answer | Promise<Answer>): Handler {
  return (call) => handle(call as Call<Body>)
}

export const handlers: Record<OperationId, Handler> = {
  ListOrganizations: listOrganizations,
  GetOrganization: getOrganization,
  ListDeployments: listDeployments,
  GetDeployment: getDeployment,
  DeleteDeployment: deleteDeployment,
  ListDeploys: listDeploys,
  CreateDeploy: withBody(createDeploy),
  GetDeploy: getDeploy,
  UpdateDeploy: withBody(updateDeploy),
  FinalizeDeploy: withBody(finalizeDeploy),
  DeployRollback: withBody(rollback),
  GetDeploymentOptions: getDeploymentOptions,
  CreateDeployment: withBody(createDeployment),
  UpdateDeployment: withBody(updateDeployment),
  UpdateDeploymentHibernationOverride: withBody(postOverride),
  DeleteDeploymentHibernationOverride: deleteOverride,
  ListEnvironmentObjects: listObjects,
  CreateEnvironmentObject: withBody(createObject),
  GetEnvironmentObject: getObject,
  UpdateEnvironmentObject: withBody(updateObject),
  DeleteEnvironmentObject: deleteObject,
  ExcludeLinkingEnvironmentObject: withBody(excludeLinking),
}
