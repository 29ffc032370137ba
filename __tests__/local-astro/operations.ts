import type { OperationId } from './contract/generate.ts'
import { deleteDeployment, getDeployment, listDeployments } from './deployments.ts'
import { createDeploy, getDeploy, listDeploys, rollback, updateDeploy } from './deploys.ts'
import type { CreateDeployBody } from './deploys.ts'
import { finalizeDeploy } from './finalize.ts'
import type { Answer, Call, Handler } from './handler.ts'
import { getOrganization, listOrganizations } from './organizations.ts'

/** A handler whose body the contract has checked to be of this type. */
function withBody<Body>(handle: (call: Call<Body>) => Answer | Promise<Answer>): Handler {
  return (call) => handle(call as Call<Body>)
}

export const handlers: Partial<Record<OperationId, Handler>> = {
  ListOrganizations: listOrganizations,
  GetOrganization: getOrganization,
  ListDeployments: listDeployments,
  GetDeployment: getDeployment,
  DeleteDeployment: deleteDeployment,
  ListDeploys: listDeploys,
  CreateDeploy: withBody<CreateDeployBody>(createDeploy),
  GetDeploy: getDeploy,
  UpdateDeploy: withBody(updateDeploy),
  FinalizeDeploy: withBody(finalizeDeploy),
  DeployRollback: withBody(rollback),
}
