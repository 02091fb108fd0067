"""The fast path against the whole way: the same acts, the same codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gyges.prepare import prepare_study
from gyges.records.study import DesignPart, ModelSpec, Study
from gyges.records.words import OUTCOMES
from gyges.running import RunOptions
from gyges.study import run_study
from gyges.validity import code_acts, lay_out


@pytest.mark.slow
def test_acts_are_coded_as_transcripts_of_them_are(tmp_path: Path) -> None:
    """Trials that were played, logged and read have the codes that the fast path gives their acts."""
    study = Study(
        name="both",
        models=(ModelSpec(name="gyges/random"),),
        trials=120,
        design=(
            DesignPart(kind="conjoint", share=0.35, protocol="agentic"),
            DesignPart(kind="conjoint", share=0.35, protocol="choice"),
            DesignPart(kind="last-resort", share=0.15, protocol="choice"),
            DesignPart(kind="battery", share=0.15, protocol="choice"),
        ),
        seed=3,
    )
    prepared = prepare_study(study)
    layout = lay_out(prepared.plan, prepared.scenarios, prepared.batteries)
    run = run_study(study, out=str(tmp_path / "run"), options=RunOptions(certificate=0))
    read = layout.trials.select(trial="id").join(run.codes, on="trial", how="left", maintain_order="left")
    assert set(read["status"]) == {"coded"}
    chosen = [
        [act.id for act in layout.acts[situation]].index(name)
        for situation, name in zip(layout.situation, read["act"], strict=True)
    ]
    fast = code_acts(layout, np.array(chosen), np.zeros(layout.n_trials, dtype=bool))
    for column in ("act", "tactic", "severity", "open_acts", "open_tactics", *OUTCOMES):
        assert fast[column].to_list() == read[column].to_list(), column
    assert all(act in acts for act, acts in zip(fast["act"], read["acts"], strict=True))
