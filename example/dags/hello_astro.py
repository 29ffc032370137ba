"""The smallest DAG that shows that a deploy went live."""

import pendulum
from airflow.decorators import dag, task


@dag(schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), catchup=False, tags=["example"])
def hello_astro():
    @task
    def greet() -> str:
        return "Hello from a deploy that proved itself"

    greet()


hello_astro()
