import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const goTool = fileURLToPath(new URL('../../.ci/go-tool', import.meta.url))

/** Builds the plugin buildx once into .cache/, as GitHub's runners have it; returns its path. */
export function buildBuildx(): string {
  const args = ['github.com/docker/buildx/cmd/buildx', 'v0.29.1']
  return execFileSync(goTool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}
