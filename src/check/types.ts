/** A Python file that is to be looked at. */
export type SourceFile = {
  /** Relative to the project, with forward slashes. */
  readonly path: string
  readonly absolutePath: string
  /** Bytes, when its folder was read. */
  readonly size: number
}

/** What the linter says about a place. */
export type Diagnostic = {
  /** `invalid-syntax`, or the name of a rule. */
  readonly code: string
  readonly message: string
  /** What to write instead, if the linter knows. */
  readonly help: string | undefined
  readonly line: number
  readonly column: number
}

export type ImportedName = { readonly name: string; readonly alias: string | undefined }

/** An import that runs whenever the file is loaded. */
export type Import = {
  readonly line: number
  /** Dots in front. */
  readonly level: number
  /** The module of `from module import …`, or of `import module`. */
  readonly module: string
  /** Of `from module import …`; undefined for `import module`. */
  readonly names: readonly ImportedName[] | undefined
  /** Of `import module as alias`. */
  readonly alias: string | undefined
}

/** What is plainly said at the top level of a file. */
export type Facts = {
  readonly imports: readonly Import[]
  /** DAGs with a literal ID. */
  readonly dags: readonly { readonly id: string; readonly line: number }[]
  /** Where a DAG is made, whatever its ID. */
  readonly firstDagLine: number | undefined
  /** It changes where Python looks for modules. */
  readonly changesPath: boolean
}

/** What was found in a file, whatever it is deployed to. */
export type FileResult =
  | {
      readonly is: 'read'
      readonly path: string
      readonly diagnostics: readonly Diagnostic[]
      /** Airflow looks for DAGs in it: only in files that mention both `dag` and `airflow`. */
      readonly isRead: boolean
      /** Undefined for a file that is no Python, or a very long one. */
      readonly facts: Facts | undefined
    }
  | { readonly is: 'skipped'; readonly path: string; readonly why: string }

/** `312` is Python 3.12. */
export type PythonVersion = number

/** What the files are going to run on, as far as that is certain. */
export type CheckTarget = {
  /** Undefined: not known, so that nothing is said that the newest Python accepts. */
  readonly python: PythonVersion | undefined
  /** Undefined: not known, so that nothing is said of what Airflow removed. */
  readonly airflow: 2 | 3 | undefined
  /** Where these come from, for messages. */
  readonly source: string
  /** Astro unpacks the DAGs as a bundle, whose root is on Python's path, and the DAG folder in it is not. */
  readonly isBundle: boolean
}

export type Rule =
  | 'syntax'
  | 'airflow-3'
  | 'undefined-name'
  | 'duplicate-dag-id'
  | 'import-path'
  | 'relative-import'
  | 'shadows-airflow'
  | 'ignored-dag'

export type Finding = {
  readonly rule: Rule
  readonly level: 'error' | 'warning'
  /** Relative to the project. */
  readonly path: string
  readonly line: number | undefined
  readonly column: number | undefined
  readonly message: string
  /** Sentences that would drown a list of findings. */
  readonly advice?: string
}
