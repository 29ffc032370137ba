import { readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { createGit, explainGit, isSha, judgeGit } from '../../src/project/git.ts'
import { createGitHome } from '../../src/project/git-home.ts'
import type { ProgramOptions } from '../../src/program.ts'
import { makeFolder } from '../make/folder.ts'

const ended = (stderr: string) => judgeGit({ kind: 'ended', exitCode: 128, stdout: '', stderr })

describe('what came of a call', () => {
  test.each([
    ['no-clone', 'fatal: not a git repository (or any of the parent directories): .git'],
    ['no-clone', 'fatal: not a git repository (or any parent up to mount point /)\nStopping at …'],
    ['refused', "fatal: detected dubious ownership in repository at '/x'\nTo add an exception …"],
    ['refused', "fatal: unsafe repository ('/x' is owned by someone else)"],
    ['refused', "warning: something\nfatal: detected dubious ownership in repository at '/x'"],
    ['refused', 'fatal: not a git repository: /main/.git/worktrees/x'],
    ['refused', 'fatal: Expected git repo version <= 0, found 1'],
    ['refused', 'fatal: unknown repository extension found:\n\tpartialclone'],
    ['failed', "fatal: ambiguous argument 'HEAD': unknown revision"],
    ['failed', ''],
  ])('%s: %s', (is, stderr) => expect(ended(stderr).is).toBe(is))

  test('each has a sentence of its own', () => {
    const sentences = [
      judgeGit({ kind: 'not-started', observed: 'spawn git ENOENT' }),
      judgeGit({ kind: 'timed-out' }),
      ended('fatal: not a git repository (or any of the parent directories): .git'),
      ended("fatal: unsafe repository ('/x' is owned by someone else)"),
    ].map((result) => (result.is === 'done' ? '' : explainGit(result)))
    expect(sentences).toEqual([
      'there is no git on this machine to look at a clone with (spawn git ENOENT)',
      'git did not say what is in the clone (it did not answer within 15 seconds)',
      'there is no git clone to look at',
      "git refuses to look at the clone (fatal: unsafe repository ('/x' is owned by someone else))",
    ])
  })
})

test.each([
  ['a'.repeat(40), true],
  ['A1'.repeat(32), true],
  ['a'.repeat(39), false],
  ['a'.repeat(65), false],
  [`Good signature\n${'a'.repeat(40)}`, false],
  ['main', false],
])('%j is a commit: %s', (text, is) => expect(isSha(text)).toBe(is))

describe('the environment', () => {
  async function environmentOf(
    given: Readonly<Record<string, string>>,
    home: string | undefined,
  ): Promise<ProgramOptions['env']> {
    let env: ProgramOptions['env'] = {}
    const git = createGit(
      (_, __, options) => {
        env = options.env
        return Promise.resolve({ kind: 'ended', exitCode: 0, stdout: '', stderr: '' })
      },
      given,
      { use: (work) => work(home) },
    )
    await git('/', ['rev-parse'])
    return env
  }

  test('has nothing that steers git, and no secret of the step', async () => {
    const env = await environmentOf(
      {
        PATH: '/bin',
        HOME: '/home/ada',
        GIT_DIR: '/x',
        GIT_CONFIG_COUNT: '1',
        GIT_ASKPASS: 'ask',
        SSH_ASKPASS: 'ask',
        XDG_CONFIG_HOME: '/x',
        INPUT_API_TOKEN: 's',
        'INPUT_KEY-SECRET': 's',
        ASTRO_API_TOKEN: 's',
      },
      '/home/of/ours',
    )
    expect(env).toEqual({
      PATH: '/bin',
      HOME: '/home/of/ours',
      XDG_CONFIG_HOME: '/home/of/ours',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_NO_LAZY_FETCH: '1',
      GIT_ALLOW_PROTOCOL: 'none',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ASKPASS: '',
      LC_ALL: 'C',
    })
  })

  test('without room for a home has none', async () => {
    const env = await environmentOf({ HOME: '/home/ada' }, undefined)
    expect(env.HOME).not.toBe('/home/ada')
  })
})

describe('the home', () => {
  test('says whose clones git may look into, and is there while it is used', async () => {
    const temp = makeFolder()
    const home = createGitHome({ RUNNER_TEMP: temp })
    const first = Promise.withResolvers<undefined>()
    const using = home.use(async (folder = '') => {
      expect(path.dirname(folder)).toBe(temp)
      expect(readFileSync(path.join(folder, '.gitconfig'), 'utf8')).toBe('[safe]\n\tdirectory = *\n')
      await first.promise
      return folder
    })
    const second = await home.use((folder) => Promise.resolve(folder))
    expect(readdirSync(temp)).toEqual([path.basename(second ?? '')])
    first.resolve(undefined)
    expect(await using).toBe(second)
    expect(readdirSync(temp)).toEqual([])
    await expect(home.use(() => Promise.reject(new Error('cancelled')))).rejects.toThrow('cancelled')
    expect(readdirSync(temp)).toEqual([])
  })

  test('is taken away at the end, whoever uses it', async () => {
    const temp = makeFolder()
    const home = createGitHome({ RUNNER_TEMP: temp })
    const begun = Promise.withResolvers<undefined>()
    void home.use(() => {
      begun.resolve(undefined)
      return new Promise(() => undefined)
    })
    await begun.promise
    await home.close()
    expect(readdirSync(temp)).toEqual([])
    expect(await home.use((folder) => Promise.resolve(folder))).toBeUndefined()
  })

  test('is gone when it is closed right after its last use', async () => {
    const temp = makeFolder()
    const home = createGitHome({ RUNNER_TEMP: temp })
    const using = home.use(() => Promise.reject(new Error('cancelled'))).catch(() => undefined)
    await home.close()
    expect(readdirSync(temp)).toEqual([])
    await using
  })

  test('is missing where there is no room for it', async () => {
    const home = createGitHome({ RUNNER_TEMP: path.join(makeFolder(), 'gone') })
    expect(await home.use((folder) => Promise.resolve(folder))).toBeUndefined()
  })
})
