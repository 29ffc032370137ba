import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import type { Workspace } from '@astral-sh/ruff-wasm-nodejs'
import { describeError } from '../errors.ts'
import { isReadByAirflow, readFacts } from './facts.ts'
import { findRareSyntax } from './rare-syntax.ts'
import { decodeSource } from './source.ts'
import { neverClosed } from './statements.ts'
import type { Diagnostic, FileResult, SourceFile } from './types.ts'

export type WorkerTask = {
  readonly files: readonly SourceFile[]
  /** Holds the index of the file that is being read, for whoever sees the thread end early. */
  readonly at: SharedArrayBuffer
}

/** What the thread says: results so far, and whether it has come to the end. */
export type WorkerMessage = {
  readonly results: readonly FileResult[]
  readonly state: 'goes-on' | 'done' | 'broken'
}

/** A linter of a megabyte of source needs tens of megabytes; a DAG file has some kilobytes. */
const LARGEST_BYTES = 1024 * 1024
/** What is made of a file's tokens takes a hundred times the file's size for a moment. */
const LARGEST_FACTS = 128 * 1024
const FILES_A_MESSAGE = 64

/** Reported whatever the user's comments say: Python does not import such a file. */
const SYNTAX_RULES = [
  'F404',
  'F406',
  'F407',
  'F621',
  'F622',
  'F701',
  'F702',
  'F704',
  'F706',
  'F707',
  'PLE0115',
  'PLE0117',
  'PLE0118',
  'PLE1142',
  'PLE1700',
]
const WARNING_RULES = ['AIR301', 'AIR302', 'AIR303', 'F821']
/** The oldest Python of an Astro Runtime. What came later is told with its version, so that the target can decide. */
const OLDEST_PYTHON = 'py39'

const SYNTAX = 'invalid-syntax'
/** Of what some Python takes. */
const LATER = 'syntax was added in'

const isSyntax = ({ code }: { readonly code: string }): boolean =>
  code === SYNTAX || SYNTAX_RULES.includes(code)

/** The whole life of the thread: reads the files that it was given, says what is in them, and ends. */
export async function runWorker(): Promise<void> {
  const port = parentPort
  if (!port) return
  const { files, at } = workerData as WorkerTask
  const current = new Int32Array(at)
  let results: FileResult[] = []
  const say = (state: WorkerMessage['state']): void => {
    port.postMessage({ results, state } satisfies WorkerMessage)
    results = []
  }
  const linter = await loadLinter()
  for (const [index, file] of files.entries()) {
    Atomics.store(current, 0, index)
    try {
      results.push(readOne(linter, file))
    } catch (error) {
      // What it left behind in its memory cannot be trusted.
      results.push({
        is: 'skipped',
        path: file.path,
        why: `the linter gave up on it (${describeError(error)})`,
      })
      say('broken')
      return
    }
    if (results.length >= FILES_A_MESSAGE) say('goes-on')
  }
  say('done')
}

type Linter = Pick<Workspace, 'check' | 'tokens'>

/** What was read to be compiled has 10 MB, and would stay until V8 sees a need. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') (collect as () => void)()
}

/**
 * The optimizing compiler for WebAssembly would take 300 MB for this module, and be done when the files are. One flag implies
 * the others only where Node's command line has it.
 */
const WITHOUT_OPTIMIZING = ['--liftoff-only', '--no-wasm-tier-up', '--no-wasm-dynamic-tiering']

async function loadLinter(): Promise<Linter> {
  for (const flag of WITHOUT_OPTIMIZING) setFlagsFromString(flag)
  const { Workspace, PositionEncoding } = await import('@astral-sh/ruff-wasm-nodejs')
  collectGarbage()
  const options = {
    'target-version': OLDEST_PYTHON,
    preview: false,
    lint: { select: [...SYNTAX_RULES, ...WARNING_RULES] },
  }
  return new Workspace(options, PositionEncoding.Utf16)
}

function readOne(linter: Linter, { path, absolutePath }: SourceFile): FileResult {
  let bytes: Buffer | number
  try {
    bytes = readSmall(absolutePath)
  } catch (error) {
    return { is: 'skipped', path, why: `it cannot be read (${describeError(error)})` }
  }
  if (typeof bytes === 'number') {
    return {
      is: 'skipped',
      path,
      why: `it has ${(bytes / 1024 / 1024).toFixed(1)} MB, and more than 1 MB is not read`,
    }
  }
  const source = decodeSource(bytes)
  if (source.is === 'unknown') return { is: 'skipped', path, why: source.why }
  if (source.is === 'not-python') return notPython(path, source.problem, source.line)
  const { text } = source
  const nullAt = text.indexOf('\0')
  if (nullAt !== -1) return notPython(path, NULL_BYTE, text.slice(0, nullAt).split(/\r\n|\r|\n/).length)
  const said = lint(linter, text).map((one) => atItsCause(one, text, linter))
  const isBroken = said.some(({ code, message }) => code === SYNTAX && !message.includes(LATER))
  const isRead = isReadByAirflow(text)
  const facts =
    isBroken || text.length > LARGEST_FACTS ? undefined : readFacts(text, (of) => linter.tokens(of))
  const rare = isBroken || text.length > LARGEST_FACTS ? [] : findRareSyntax(text, (of) => linter.tokens(of))
  return { is: 'read', path, diagnostics: [...rare, ...said], isRead, facts }
}

/** Of a file that ends too early, the end is where everybody looks last. */
function atItsCause(diagnostic: Diagnostic, text: string, linter: Linter): Diagnostic {
  if (!diagnostic.message.startsWith('unexpected EOF')) return diagnostic
  const open = text.length > LARGEST_FACTS ? undefined : neverClosed(text, linter.tokens(text))
  if (open) return { ...diagnostic, message: `\`${open.text}\` was never closed`, line: open.line, column: 1 }
  const lines = text.trimEnd().split(/\r\n|\r|\n/).length
  return diagnostic.line > lines ? { ...diagnostic, line: lines, column: 1 } : diagnostic
}

const NULL_BYTE = 'The file has a null byte, which Python does not take'

function notPython(path: string, message: string, line: number): FileResult {
  const diagnostic = { code: SYNTAX, message, help: undefined, line, column: 1 }
  return { is: 'read', path, diagnostics: [diagnostic], isRead: true, facts: undefined }
}

/** The bytes of a file, or how many there are when they are too many. */
function readSmall(file: string): Buffer | number {
  const handle = openSync(file, 'r')
  try {
    const { size } = fstatSync(handle)
    if (size > LARGEST_BYTES) return size
    const bytes = Buffer.alloc(size)
    return bytes.subarray(0, readSync(handle, bytes, 0, size, 0))
  } finally {
    closeSync(handle)
  }
}

const MOST_A_FILE = 100

function lint(linter: Linter, text: string): readonly Diagnostic[] {
  const found = diagnose(linter, text)
  // A comment may silence what is advice, never that Python rejects the file.
  const disarmed = text.replace(/noqa|ruff|flake8/gi, (word) => 'x'.repeat(word.length))
  const all =
    disarmed === text
      ? found
      : [...diagnose(linter, disarmed).filter(isSyntax), ...found.filter((one) => !isSyntax(one))]
  return all.map((one) => (isSyntax(one) ? { ...one, code: SYNTAX } : one)).slice(0, MOST_A_FILE)
}

type RawDiagnostic = {
  readonly code: string | null
  readonly message: string
  readonly subDiagnostics: readonly { readonly message: string }[]
  readonly start_location: { readonly row: number; readonly column: number }
}

function diagnose(linter: Linter, text: string): readonly Diagnostic[] {
  return (linter.check(text) as readonly RawDiagnostic[]).map((raw) => ({
    code: raw.code ?? SYNTAX,
    message: raw.message.replaceAll(
      /[^\P{C}\u200d]/gu,
      (odd) => `\\u${(odd.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
    ),
    help: raw.subDiagnostics[0]?.message,
    line: raw.start_location.row,
    column: raw.start_location.column,
  }))
}
