import type { GeneratedFile } from './archive.ts'

/**
 * The file that a Deployment of type HYBRID needs among its DAGs: Astronomer's monitoring watches whether the runs of
 * its one DAG succeed.
 *
 * @param airflowMajor of the Airflow that will read it: 2 or 3
 */
export function monitoringDag(airflowMajor: number): GeneratedFile {
  return { path: 'dags/astronomer_monitoring_dag.py', content: sourceFor(airflowMajor) }
}

/** The largest number that the column of a task's priority takes: 32 bits, signed. */
const TOP_PRIORITY = 2 ** 31 - 1

/** Airflow 3 moved the imports and dropped `schedule_interval`, which is the only name that every Airflow 2 knows. */
function sourceFor(airflowMajor: number): string {
  const isAirflow2 = airflowMajor < 3
  const imports = isAirflow2
    ? ['from airflow import DAG', 'from airflow.operators.bash import BashOperator']
    : ['from airflow.providers.standard.operators.bash import BashOperator', 'from airflow.sdk import DAG']
  return `"""Shows that this Deployment schedules and runs tasks. Added on deploy; part of Astro's monitoring."""

import os
from datetime import datetime, timedelta

${imports.join('\n')}

with DAG(
    dag_id="astronomer_monitoring_dag",
    ${isAirflow2 ? 'schedule_interval' : 'schedule'}=os.environ.get("AIRFLOW_MONITORING_DAG_SCHEDULE_INTERVAL", "*/5 * * * *"),
    start_date=datetime(2024, 1, 1),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=30),
    default_args={"owner": "airflow", "depends_on_past": False, "retries": 0},
    description="Checks that the Deployment schedules and runs tasks.",
    tags=["monitoring"],
) as dag:
    BashOperator(
        task_id="echo",
        bash_command="echo alive",
        priority_weight=${TOP_PRIORITY},
        do_xcom_push=False,
    )
`
}
