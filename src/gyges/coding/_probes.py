"""What the model answered when a trial was over, as a reader of the transcript is shown it: apart."""

from __future__ import annotations

from gyges.records.transcript import Transcript


def show_probes(transcript: Transcript) -> str:
    """Write out the questions put when a trial was over, with their answers; empty when none were.

    They are no part of the trial: what is said here was said without any effect, and shows no act.
    """
    blocks = []
    for probe in transcript.probes:
        answer = probe.answer if probe.answer is not None else f"(no answer: {probe.reason})"
        blocks.append(f"Question ({probe.id}): {probe.question}\nAnswer: {answer}")
    return "\n\n".join(blocks)
