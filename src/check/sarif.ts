import { TITLES } from './rules.ts'
import type { Finding, Rule } from './types.ts'

/** What code scanning reads of SARIF 2.1.0. */
export type Sarif = Readonly<Record<string, unknown>>

const HELP = 'docs/recipes/pull-requests.md'

/** Findings as SARIF, with paths relative to the root of the repository. */
export function sarif(findings: readonly Finding[]): Sarif {
  const rules = Object.keys(TITLES) as Rule[]
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'deploy-to-astro',
            rules: rules.map((id) => ({
              id,
              name: id,
              shortDescription: { text: TITLES[id] },
              help: { text: `${TITLES[id]}: see ${HELP}` },
              defaultConfiguration: { level: id === 'syntax' ? 'error' : 'warning' },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ rule, level, message, path, line, column }) => ({
          ruleId: rule,
          ruleIndex: rules.indexOf(rule),
          level,
          message: { text: message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: {
                  uri: path.split('/').map(encodeURIComponent).join('/'),
                  uriBaseId: '%SRCROOT%',
                },
                region: { startLine: line ?? 1, ...(column === undefined ? {} : { startColumn: column }) },
              },
            },
          ],
        })),
      },
    ],
  }
}
