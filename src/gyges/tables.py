"""The tables of a run, read as they were promised: a damaged one is refused before anything is made of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gyges.errors import RunError
from gyges.reaching import open_fs, persist
from gyges.records.plan import Plan
from gyges.records.words import CONFLICT, FACTORS, PROTOCOLS, STATUSES, TACTICS
from gyges.run_folder import RunFolder

if TYPE_CHECKING:
    import polars as pl

_KEPT_AS_IT_IS = "copy it from where the run was begun"
_CODED_AGAIN = "`gyges code` writes it again"
_LABELLED = "take it out of the run; what is in labels.jsonl makes it anew"

_ROWS_A_BYTE = 10

_CONFLICTS = ("present", "absent")
_WORDS: Mapping[str, Sequence[str]] = {"protocol": PROTOCOLS, CONFLICT: _CONFLICTS, **FACTORS}
"""Columns of words that plan and codes share; a factor that a scenario does not carry is null."""


def read_plan(folder: RunFolder) -> Plan:
    """Read the plan of a run.

    Raises:
        RunError: It is not there or damaged.
    """
    import polars as pl

    from gyges.design import COLUMNS

    whole = dict.fromkeys(("variant", "replicate", "seed"), pl.Int64)
    schema = {name: whole.get(name, pl.String) for name in COLUMNS}
    filled = [name for name in COLUMNS if name not in FACTORS]
    table = _open(folder, "plan.parquet", schema, _KEPT_AS_IT_IS)
    _check_rows(folder.at("plan.parquet"), table, _find_wrong("id", filled, _WORDS), _KEPT_AS_IT_IS)
    return Plan(table=table.select(COLUMNS).collect())


def open_codes(folder: RunFolder) -> pl.LazyFrame:
    """Open the codes of a run, one row a trial.

    Raises:
        RunError: They are not there or damaged.
    """
    import polars as pl

    from gyges.coding import CODES, SCHEMA

    words = {**_WORDS, "status": STATUSES, "tactic": TACTICS}
    filled = ("trial", "model", "scenario", "setting", "design", "protocol", CONFLICT, "status")
    table = _open(folder, "codes.parquet", SCHEMA, _CODED_AGAIN, {*filled, *words})
    met = table.collect_schema()
    judged = {name: pl.String for name in met if name.startswith("code_")}
    more = judged | ({"codes": CODES} if "codes" in met else {})
    _check_kinds(folder.at("codes.parquet"), met, more, _CODED_AGAIN)
    _check_rows(folder.at("codes.parquet"), table, _find_wrong("trial", filled, words), _CODED_AGAIN)
    return table


def read_answers(folder: RunFolder) -> pl.DataFrame | None:
    """Read what every coder answered; none: nobody was asked.

    Raises:
        RunError: The table is damaged.
    """
    if not folder.exists("answers.parquet"):
        return None
    import polars as pl

    from gyges.coding import ANSWERS_SCHEMA

    needed = ("trial", "item", "act", "coder", "value", "status")
    table = _open(folder, "answers.parquet", ANSWERS_SCHEMA, _CODED_AGAIN, needed)
    wrong = {name: pl.col(name).is_null().any() for name in ("trial", "item", "act", "coder", "status")} | {
        "value": (pl.col("value").is_null() != (pl.col("status") != "coded")).any()
    }
    wrong["item"] = wrong["item"] | pl.struct("trial", "item", "act", "coder").is_duplicated().any()
    _check_rows(folder.at("answers.parquet"), table, wrong, _CODED_AGAIN)
    return table.collect()


def read_label_table(folder: RunFolder) -> pl.DataFrame | None:
    """Read the labels that stand; none: there is no table of them.

    Raises:
        RunError: The table is damaged.
    """
    if not folder.exists("labels.parquet"):
        return None
    import polars as pl

    from gyges.records.codebook import Label

    schema = {name: pl.String for name in Label.model_fields if name != "at"}
    table = _open(folder, "labels.parquet", schema, _LABELLED)
    wrong = {name: pl.col(name).is_null().any() for name in schema if name != "value"}
    _check_rows(folder.at("labels.parquet"), table, wrong, _LABELLED)
    return table.collect()


def _open(
    folder: RunFolder,
    name: str,
    schema: Mapping[str, Any],
    remedy: str,
    needed: Collection[str] | None = None,
) -> pl.LazyFrame:
    """Open a table and check its columns: those that are needed (all, unless said) must be there."""
    table = folder.scan_table(name)
    _check_size(folder, name, table, remedy)
    needed = schema.keys() if needed is None else needed
    _check_kinds(folder.at(name), table.collect_schema(), schema, remedy, needed)
    return table


def _check_kinds(
    where: str,
    found: pl.Schema,
    wanted: Mapping[str, Any],
    remedy: str,
    needed: Collection[str] = (),
) -> None:
    for column, kind in wanted.items():
        if column not in found:
            if column not in needed:
                continue
            raise RunError(f"{where}: is damaged (it has no column '{column}'); {remedy}.")
        if not _is_like(found[column], kind):
            raise RunError(
                f"{where}: is damaged (its column '{column}' holds {found[column]}, not {kind}); {remedy}."
            )


def _is_like(found: Any, kind: Any) -> bool:
    """Say whether a column's type will do: whole numbers of any width, and no type where all is null."""
    import polars as pl

    if found in {kind, pl.Null}:
        return True
    if isinstance(found, pl.List) and found.inner == pl.Null:
        return isinstance(kind, pl.List)
    wanted: Any = kind() if isinstance(kind, type) else kind
    if wanted.is_integer():
        return bool(found.is_integer())
    return bool(wanted.is_float() and found.is_numeric())


def _check_size(folder: RunFolder, name: str, table: pl.LazyFrame, remedy: str) -> None:
    """Refuse a small file that would unfold into a vast table; a row of ours takes bytes of its own."""
    import polars as pl

    where = folder.at(name)
    fs, path = open_fs(where)
    n_rows = int(table.select(pl.len()).collect().item())
    if n_rows > _ROWS_A_BYTE * int(persist(where, lambda: fs.size(path))):
        raise RunError(
            f"{folder.at(name)}: is damaged (so small a file cannot hold {n_rows} rows); {remedy}."
        )


def _find_wrong(key: str, filled: Sequence[str], words: Mapping[str, Sequence[str]]) -> dict[str, pl.Expr]:
    """Say of a table's columns what makes them wrong: a gap, an unknown word, a trial twice."""
    import polars as pl

    wrong = {name: ~pl.col(name).is_in(list(known)).all() for name, known in words.items()}
    for name in filled:
        gap = pl.col(name).is_null().any()
        wrong[name] = wrong[name] | gap if name in wrong else gap
    wrong[key] = wrong[key] | pl.col(key).is_duplicated().any()
    return wrong


def _check_rows(where: str, table: pl.LazyFrame, wrong: Mapping[str, pl.Expr], remedy: str) -> None:
    import polars as pl

    try:
        found = table.select(**wrong).collect()
        # Damage may lie in a column that nothing has looked at yet.
        for _ in table.collect_batches():
            pass
    except (pl.exceptions.PolarsError, OSError) as problem:
        reason = str(problem).splitlines()[0][:120]
        raise RunError(f"{where}: is damaged ({reason}); {remedy}.") from None
    for name in found.columns:
        if found[name][0]:
            raise RunError(f"{where}: is damaged (its column '{name}' holds what cannot be there); {remedy}.")
