import { describe, expect, test } from '@jest/globals'
import { findLeaks } from './leaks.ts'
import { brokenRules } from './rules.ts'
import type { StepResult } from './run-step.ts'

const SECRET = 'kx~ü/7+9 wR?v&t0p=Zq-3_eM'
const HEADER = Buffer.from('{"alg":"none"}').toString('base64url')
const TOKEN = `${HEADER}.${Buffer.from('{"sub":"somebody"}').toString('base64url')}.c2lnbmF0dXJlLW9mLWEtdG9rZW4`
const LONG = 'cGllY2VzLW9mLWEtc2VjcmV0LWFyZS1zZWNyZXRzLXRvby1zYXlzLXNoZQ'
const MULTILINE = 'first line of the secret\nsecond line of the secret\nend'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

describe('the scanner finds a secret', () => {
  test.each([
    ['as it is', SECRET, `before ${SECRET} after`],
    ['at the very end', SECRET, `x${SECRET}`],
    ['URL-encoded', SECRET, `?sig=${encodeURIComponent(SECRET)}&x`],
    [
      'URL-encoded in small letters',
      SECRET,
      encodeURIComponent(SECRET)
        .replaceAll('%C3%BC', '%c3%bc')
        .replaceAll(/%[2-7]\w/g, (code) => code.toLowerCase()),
    ],
    ['URL-encoded twice', SECRET, encodeURIComponent(encodeURIComponent(SECRET))],
    ['in a form', SECRET, new URLSearchParams({ client_secret: SECRET }).toString()],
    ['in base64', SECRET, base64(SECRET)],
    ['in base64 after one more byte', SECRET, base64(`:${SECRET}`)],
    ['in base64 after two more bytes', SECRET, base64(`id${SECRET}`)],
    ['in base64 between other text', SECRET, base64(`user:${SECRET}\n`)],
    ['in base64url', SECRET, Buffer.from(`12345${SECRET}6`).toString('base64url')],
    ['cut at its end', LONG, `the key ${LONG.slice(0, 36)}…`],
    ['cut at its beginning', LONG, `…${LONG.slice(-40)}`],
    ['in entities of HTML', SECRET, SECRET.replaceAll(/[^\wü]/g, (c) => `&#${c.charCodeAt(0)};`)],
    ['in hex', SECRET, Buffer.from(SECRET).toString('hex')],
    ['by one of its lines', MULTILINE, 'there was second line of the secret, and'],
    ['by one of its lines in base64', MULTILINE, base64('x: first line of the secret')],
    ['by the signature of a token', TOKEN, 'the token ***.***.c2lnbmF0dXJlLW9mLWEtdG9rZW4'],
    ['in the middle of a mask command that is none', SECRET, ` ::add-mask::${SECRET}`],
  ])('%s', (_how, secret, text) => {
    const leaks = findLeaks({ stdout: `a line\n${text}\n` }, ['another secret', secret])
    expect(leaks[0]).toMatchObject({ where: 'stdout', line: 2 })
    expect(JSON.stringify(leaks)).not.toContain(secret)
  })

  test('in each text that has it', () => {
    const texts = { stdout: SECRET, stderr: '', summary: `| ${SECRET} |` }
    expect(findLeaks(texts, [SECRET]).map(({ where }) => where)).toEqual(['stdout', 'summary'])
  })
})

describe('the scanner passes over', () => {
  test.each([
    ['mask commands', `::add-mask::${SECRET}\n::add-mask::${base64(SECRET)}`],
    ['the text of a redacted secret', 'the token ***.***.***'],
    ['short lines of a secret', 'end'],
    ['what a token shares with all others', HEADER],
  ])('%s', (_what, text) => {
    expect(findLeaks({ stdout: text }, [SECRET, MULTILINE, TOKEN])).toEqual([])
  })
})

describe('the rules of every step', () => {
  const good: StepResult = {
    exitCode: 0,
    stdout: 'Live\n',
    stderr: '',
    outputs: {},
    summary: '',
    errors: [],
    warnings: [],
    notices: [],
    places: [],
    files: { output: '', summary: '' },
    left: new Map(),
    workspaceChanges: [],
  }
  const failed = { ...good, exitCode: 1, errors: ['It failed.\n[ASTRO-API-REFUSED] More in the page'] }

  test('hold for one that went well, and for one that failed as it should', () => {
    expect([brokenRules(good, [SECRET]), brokenRules(failed, [SECRET])]).toEqual([[], []])
  })

  test.each<[string, StepResult, RegExp]>([
    ['a leak in the log', { ...good, stdout: SECRET }, /^a secret \(whole, plain\) in stdout, line 1$/],
    ['a leak in an output', { ...good, files: { output: `x<<y\n${SECRET}\ny` } }, /in output, line 2/],
    ['a stack', { ...failed, stdout: '::error::Boom%0A    at main (file.ts:1:2)' }, /^a stack in stdout$/],
    ['an error that did not fail it', { ...good, errors: failed.errors }, /although it succeeded/],
    ['two errors', { ...failed, errors: [...failed.errors, ...failed.errors] }, /2 errors/],
    ['no error', { ...failed, errors: [] }, /0 errors/],
    ['no code', { ...failed, errors: ['It failed.'] }, /without a code/],
    ['a surprise', { ...failed, errors: ['Oh.\n[ASTRO-UNEXPECTED] More in the page'] }, /nobody thought of/],
    ['another exit code', { ...failed, exitCode: null }, /exit code is null/],
    ['a file', { ...good, left: new Map([['temp/dags.tar.gz', 'file']]) }, /left behind: temp\/dags/],
    ['a change', { ...good, workspaceChanges: ['dags/a.py: x became y'] }, /changed in the workspace: dags/],
    ['words on stderr', { ...good, stderr: 'Warning: x' }, /stderr: Warning/],
  ])('tell of %s', (_what, result, said) => {
    const [problem = '', ...more] = brokenRules(result, [SECRET])
    expect(problem).toMatch(said)
    expect(more).toEqual([])
  })
})
