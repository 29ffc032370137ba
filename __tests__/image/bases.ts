export const RUNTIME = 'io.astronomer.docker.runtime.version'

/** Empty base images by name, with the runtime that their label claims. */
export const BASES: Readonly<Record<string, string | undefined>> = {
  'local/runtime:3.1-3': '3.1-3',
  'local/runtime:3.1-2': '3.1-2',
  'local/runtime:3.1-1': '3.1-1',
  'local/runtime:3.1-9': '3.1-9',
  'local/other:1': undefined,
}

/** A real Airflow with pytest, laid out as Astro Runtime is: whatever builds FROM it copies the project. */
export const AIRFLOW_BASE = {
  name: 'local/airflow:3.1-2',
  changes: [
    `LABEL ${RUNTIME}=3.1-2`,
    'ENV AIRFLOW_HOME=/usr/local/airflow AIRFLOW__CORE__LOAD_EXAMPLES=False AIRFLOW__LOGGING__LOGGING_LEVEL=ERROR',
    'WORKDIR /usr/local/airflow',
    'USER astro',
    'ONBUILD COPY --chown=astro . .',
  ],
} as const
