/** One test that did not pass. */
export type TestFailure = {
  /** `tests/test_orders.py::test_total`, as pytest names it. */
  readonly name: string
  readonly message: string
  /** The whole report of it. */
  readonly text: string
  /** Relative to the Astro home in the image; undefined when the report names no place of the project. */
  readonly file: string | undefined
  /** From 1. */
  readonly line: number | undefined
}

export type TestReport = {
  readonly tests: number
  readonly failed: number
  readonly skipped: number
  readonly failures: readonly TestFailure[]
}

/**
 * What a report may hold where it should have a text: the tests themselves can write it, with elements in place of attributes,
 * or more than one of them.
 */
type Anything = string | readonly Anything[] | { readonly [name: string]: Anything }
type Cause = string | { readonly message?: Anything; readonly '#text'?: Anything }
type Case = {
  readonly classname?: Anything
  readonly name?: Anything
  readonly file?: Anything
  readonly line?: Anything
  readonly failure?: readonly Cause[]
  readonly error?: readonly Cause[]
  readonly skipped?: readonly unknown[]
}
type Suite = { readonly testcase?: readonly Case[] }

/** Where Astro Runtime's image has the project. */
export const ASTRO_HOME = '/usr/local/airflow'
const LONGEST_MESSAGE = 2_000

/** Reads what `pytest --junitxml` wrote; undefined when it is no such report. */
export async function readJUnit(xml: string): Promise<TestReport | undefined> {
  const { XMLParser } = await import('fast-xml-parser')
  const lists = new Set(['testsuite', 'testcase', 'failure', 'error', 'skipped'])
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    trimValues: false,
    // Line breaks in messages are numeric entities, which belong to this option too.
    htmlEntities: true,
    isArray: (name) => lists.has(name),
  })
  let document: { testsuites?: { testsuite?: readonly Suite[] }; testsuite?: readonly Suite[] }
  try {
    document = parser.parse(xml) as typeof document
  } catch {
    return undefined
  }
  const suites = document.testsuites?.testsuite ?? document.testsuite
  if (!suites) return undefined
  const cases = suites.flatMap(({ testcase }) => testcase ?? [])
  const failures = cases.flatMap((one) =>
    [...(one.failure ?? []), ...(one.error ?? [])].map((cause) => read(one, cause)),
  )
  return {
    tests: cases.length,
    failed: cases.filter(({ failure, error }) => failure ?? error).length,
    skipped: cases.filter(({ skipped }) => skipped).length,
    failures,
  }
}

function read(one: Case, cause: Cause): TestFailure {
  const text = asText(typeof cause === 'string' ? cause : cause['#text']) ?? ''
  const message = (typeof cause === 'string' ? undefined : asText(cause.message)) ?? text
  const place = findPlace(text, message) ?? placeOfCase(one)
  const module = asText(one.file) ?? asText(one.classname)?.replaceAll('.', '/')
  return {
    name: [module, asText(one.name)].filter(Boolean).join('::'),
    message: shortened(message.trim()),
    text,
    file: place?.file,
    line: place?.line,
  }
}

const asText = (value: Anything | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

/**
 * The first line, which says what it is about, and as many of the last ones as fit: a traceback ends with its error. No line is
 * cut: a secret that was cut is one that redaction does not know.
 */
function shortened(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message
  const [first = '', ...rest] = message.split('\n')
  const last: string[] = []
  let length = first.length
  for (const line of rest.toReversed()) {
    length += line.length + 1
    if (length > LONGEST_MESSAGE) break
    last.unshift(line)
  }
  const head = first.length <= LONGEST_MESSAGE ? first : `(a line of ${first.length} characters is left out)`
  return [head, '…', ...last].join('\n')
}

type Place = { readonly file: string; readonly line: number | undefined }

/**
 * The innermost line of the project that a report names: of a DAG that does not import, the traceback of Python names it;
 * of a failed assertion, pytest's own `file:line: `. Airflow may have cut that traceback short; then the DAG file itself.
 */
function findPlace(text: string, message: string): Place | undefined {
  const traceback = [...text.matchAll(/File "([^"\n]+)", line (\d+)/g)]
    .map(([, file = '', line]) => ({ file: inProject(file), line: Number(line) }))
    .findLast(({ file }) => file !== undefined)
  if (traceback?.file !== undefined) return { file: traceback.file, line: traceback.line }
  const dagFile = /(?:^|[\s/'"])(dags\/[^\s'":]+\.(?:py|zip))\b/.exec(message.split('\n')[0] ?? '')?.[1]
  if (dagFile !== undefined && /^\S*\s*File "[^"\n]+", line \d+/m.test(text)) {
    return { file: dagFile, line: undefined }
  }
  const last = [...text.matchAll(/^([^\s:][^:\n]*\.py):(\d+): /gm)]
    .map(([, file = '', line]) => ({ file: inProject(file), line: Number(line) }))
    .findLast(({ file }) => file !== undefined)
  return last?.file === undefined ? undefined : { file: last.file, line: last.line }
}

/** pytest counts the lines of a test from 0. */
function placeOfCase(one: Case): Place | undefined {
  const file = inProject(asText(one.file) ?? '')
  const line = Number(asText(one.line))
  return file === undefined ? undefined : { file, line: Number.isInteger(line) ? line + 1 : undefined }
}

/** A file as the project has it; Python gives code that is in no file a name such as `<string>`. */
function inProject(file: string): string | undefined {
  const isHome = file.startsWith(`${ASTRO_HOME}/`)
  const inside = isHome ? file.slice(ASTRO_HOME.length + 1) : file
  const isElsewhere = inside === '' || inside.startsWith('/') || inside.split('/').includes('..')
  return isElsewhere || /^<.*>$/.test(inside) || /(?:^|\/)(?:site|dist)-packages\//.test(inside)
    ? undefined
    : inside
}
