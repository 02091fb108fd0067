"""Options that several commands share."""

from __future__ import annotations

import typer

from gyges.records.study import MAX_SEED

MODEL_OPTION = typer.Option("--model", help="Model; repeat for several.")
MODEL_ARG_OPTION = typer.Option("-M", help="Argument for the models' provider, as name=value.")
TRIALS_OPTION = typer.Option(min=1, max=10_000_000, help="Trials for each model.")
SEED_OPTION = typer.Option(min=0, max=MAX_SEED, help="Root seed.")
WORKERS_OPTION = typer.Option(min=1, max=1024, help="Processes; the default is one a core.")
RAY_OPTION = typer.Option("--ray", help="A Ray cluster's address, or local: shards run there.")
BUDGET_OPTION = typer.Option(
    help="Stop before this is spent: US dollars (5, 5USD, $5) or tokens (2000000tokens, 2Mtok)."
)
PRICES_OPTION = typer.Option(
    "--prices", help="File of prices that go before the study's and the shipped list prices."
)
YES_OPTION = typer.Option("--yes", "-y", help="Do not ask before models are called.")
LIBRARY_OPTION = typer.Option("--library", help="Folder with scenarios of your own; repeat for several.")
CERTIFICATE_OPTION = typer.Option(
    "--certificate",
    min=1,
    max=100_000,
    help="Simulated studies for each agent of the report's certificate; the default is 40, and none above"
    " 10,000 trials a model.",
)
NO_CERTIFICATE_OPTION = typer.Option("--no-certificate", help="Make no certificate; the report says so.")
