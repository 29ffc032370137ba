/**
 * Files with credentials that well-known actions leave in the workspace for the steps after them: google-github-actions/auth
 * and get-gke-credentials, redhat-actions/oc-login. Nobody means to ship these.
 */
const NAMES = ['gha-creds-*.json', 'gha-kubeconfig-*', 'oc-kubeconfig.yaml'] as const

const NAME = /^(?:gha-creds-.*\.json|gha-kubeconfig-.*|oc-kubeconfig\.yaml)$/s

/** Whether a file, by its path with forward slashes, is one that such an action left behind. */
export function isCredentialFile(path: string): boolean {
  return NAME.test(path.slice(path.lastIndexOf('/') + 1))
}

/** A `.dockerignore` that keeps such files out of the build as well. */
export function withoutCredentialFiles(dockerIgnore: string): string {
  return `${dockerIgnore}${NAMES.map((name) => `**/${name}\n`).join('')}`
}
