/** A request to the Airflow REST API of one Deployment, after the front has checked its token. */
export type AirflowRequest = {
  readonly method: string
  /** With `/api/v1` or `/api/v2`, as it was sent: nothing is decoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export type AirflowAnswer = {
  readonly status: number
  /** JSON unless a content type says otherwise. */
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** What runs behind the front for one Deployment. */
export type AirflowBackend = {
  /** The Deployment now runs this DAG bundle; without one, its DAG folder is as it was in the beginning. */
  deploy(version: string | undefined, archive: Buffer | undefined): Promise<void>
  answer(request: AirflowRequest): Promise<AirflowAnswer> | AirflowAnswer
}
