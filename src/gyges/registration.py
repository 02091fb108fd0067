"""What was fixed before the first trial, and whether it still stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from gyges.records.battery import Battery
from gyges.records.plan import Plan
from gyges.records.scenario import Scenario
from gyges.run_folder import Lock


def hash_records(*records: Any) -> str:
    """Hash records by content."""
    text = json.dumps([each.model_dump(mode="json") for each in records], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def hash_plan(plan: Plan) -> str:
    """Hash a plan's table by content."""
    return hashlib.sha256(plan.table.write_csv().encode()).hexdigest()[:16]


def find_changes(lock: Lock, scenarios: Mapping[str, Scenario | Battery], plan: Plan) -> list[str]:
    """Name what is no longer as it was registered: study, claims, plan, a scenario or a battery."""
    changed = []
    if hash_records(lock.study) != lock.study_hash:
        changed.append("study")
    if hash_records(*lock.claims) != lock.claims_hash:
        changed.append("claims")
    if hash_plan(plan) != lock.plan_hash:
        changed.append("plan")
    registered = {**lock.scenario_hashes, **lock.battery_hashes}
    changed += [
        f"{'battery' if isinstance(each, Battery) else 'scenario'} {name}"
        for name, each in sorted(scenarios.items())
        if hash_records(each) != registered[name]
    ]
    return changed
