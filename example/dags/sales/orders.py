"""A DAG with a helper beside it, because real projects have folders."""

import pendulum
from airflow.decorators import dag, task
from sales.totals import total


@dag(schedule="@daily", start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), catchup=False, tags=["example"])
def orders():
    @task
    def extract() -> list[int]:
        return [3, 4, 5]

    @task
    def add(amounts: list[int]) -> int:
        return total(amounts)

    add(extract())


orders()
