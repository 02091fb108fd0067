"""The certificate of a run: made once for its plan and claims, and kept in the run folder."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter

from gyges.deciding import ask
from gyges.records.plan import Plan
from gyges.records.validity import Certificate
from gyges.registration import hash_plan, hash_records
from gyges.run_folder import RunFolder, read_batteries, read_lock, read_scenarios

NAME = "certificate.json"

_CERTIFICATE = TypeAdapter(Certificate)

STUDIES = 40
"""Simulated studies for each agent, unless somebody says otherwise."""

LARGEST = 10_000
"""Trials for each model up to which a plan has a certificate without being asked: beyond, one takes a
gigabyte and an hour."""


def find_certificate(folder: RunFolder, plan: Plan, studies: int | None = None) -> dict[str, Any] | None:
    """Give the certificate of a run, as plain values; it is made where the folder has none that fits.

    Args:
        folder: The run.
        plan: Its plan.
        studies: Simulated studies for each agent; 0: no certificate; none: `STUDIES`, or 0 for
            a plan above `LARGEST`.
    """
    wanted = _choose_number(plan) if studies is None else studies
    if not wanted or plan.table.is_empty():
        return None
    lock = read_lock(folder)
    key = {
        "gyges": version("gyges"),
        "plan_hash": hash_plan(plan),
        "claims_hash": hash_records(*lock.claims),
    }
    kept = _read_kept(folder)
    if kept and all(kept.get(name) == value for name, value in (key | {"studies": wanted}).items()):
        return kept
    from gyges.validity import Subject, certify

    scenarios, batteries = read_scenarios(folder, lock), read_batteries(folder, lock)
    subject = Subject(plan, ask(lock.study, lock.claims, scenarios, batteries=batteries))
    text = json.dumps(asdict(certify(subject, studies=wanted, **key)), indent=2, sort_keys=True)
    folder.write(NAME, f"{text}\n".encode())
    made: dict[str, Any] = json.loads(text)
    return made


def _choose_number(plan: Plan) -> int:
    first = plan.table["model"].first() if plan.table.height else None
    return STUDIES if (plan.table["model"] == first).sum() <= LARGEST else 0


def list_rows(certificate: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Lay a certificate out as rows: one about the study, then one a claim; none without a certificate."""
    if certificate is None:
        return []
    study = {key: value for key, value in certificate.items() if key != "claims"}
    return [{"about": "study", **study}, *({"about": "claim", **row} for row in certificate["claims"])]


def _read_kept(folder: RunFolder) -> dict[str, Any] | None:
    """Read the certificate kept; one that is damaged is made again."""
    if not folder.exists(NAME):
        return None
    try:
        found = asdict(_CERTIFICATE.validate_json(folder.read(NAME), strict=True))
        # A number too large for one is infinite, which no results can hold.
        json.dumps(found, allow_nan=False)
    except ValueError:
        return None
    return found
