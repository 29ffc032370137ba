/** `npm run docs` writes the README's tables from action.yml; `npm run docs -- --check` only says whether they are current. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseAction, withTables } from './tables.ts'

const root = new URL('../../', import.meta.url)
const readmePath = fileURLToPath(new URL('README.md', root))
const readme = await readFile(readmePath, 'utf8')
const action = parseAction(await readFile(new URL('action.yml', root), 'utf8'))
const current = withTables(readme, action)

if (current === readme) {
  console.log('The tables of README.md are those of action.yml.')
} else if (process.argv.includes('--check')) {
  console.error('The tables of README.md differ from action.yml. Run `npm run docs` and commit README.md.')
  process.exitCode = 1
} else {
  await writeFile(readmePath, current)
  console.log('Wrote the tables of README.md.')
}
