import type { Rule } from './types.ts'

/** What the rules are called where people see them. */
export const TITLES: Readonly<Record<Rule, string>> = {
  syntax: 'Python syntax',
  'airflow-3': 'Removed in Airflow 3',
  'undefined-name': 'Undefined name',
  'duplicate-dag-id': 'DAG ID in two files',
  'import-path': 'Import that finds nothing',
  'relative-import': 'Relative import in a DAG file',
  'shadows-airflow': 'Name of Airflow’s own package',
  'ignored-dag': 'DAG that is hidden',
}
