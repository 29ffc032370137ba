import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cache = fileURLToPath(new URL('../../.cache/', import.meta.url))
const airflow = '3.1.8'
const debian = 'bookworm'
/** The Python of that Debian. */
const python = '3.11'

/**
 * A root file system with Debian's Python, Apache Airflow and pytest, laid out like Astro Runtime (user astro, home
 * /usr/local/airflow), as a tar in .cache/. Made once, from packages.
 */
export function buildAirflowBase(): string {
  const tar = join(cache, `airflow-${airflow}-${debian}.tar`)
  if (existsSync(tar)) return tar
  const work = join(cache, `airflow-base.${process.pid}`)
  const root = join(work, 'root')
  const run = (program: string, ...args: string[]): void =>
    void execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  mkdirSync(work, { recursive: true })
  try {
    run('mmdebstrap', '--quiet', '--variant=minbase', '--include=python3,ca-certificates', debian, root)
    run('python3', '-m', 'venv', join(work, 'venv'))
    run(join(work, 'venv/bin/pip'), 'install', '--quiet', 'uv')
    const packages = join(root, `usr/local/lib/python${python}/dist-packages`)
    run(
      join(work, 'venv/bin/uv'),
      ...['pip', 'install', '--quiet', '--target', packages, '--python-version', python],
      ...['--python-platform', 'x86_64-unknown-linux-gnu', '--only-binary', ':all:'],
      ...[`apache-airflow==${airflow}`, 'pytest'],
    )
    writeProgram(root, 'airflow', 'from airflow.__main__ import main')
    writeProgram(root, 'pytest', 'from pytest import console_main as main')
    run(
      'chroot',
      root,
      'useradd',
      '--create-home',
      '--home-dir',
      '/usr/local/airflow',
      '--uid',
      '50000',
      'astro',
    )
    run('tar', '--create', '--file', join(work, 'root.tar'), '--directory', root, '--exclude=./dev/*', '.')
    renameSync(join(work, 'root.tar'), tar)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return tar
}

function writeProgram(root: string, name: string, main: string): void {
  const file = join(root, 'usr/local/bin', name)
  writeFileSync(
    file,
    `#!/usr/bin/python3\nimport sys\n${main}\n\nif __name__ == "__main__":\n    sys.exit(main())\n`,
  )
  chmodSync(file, 0o755)
}
