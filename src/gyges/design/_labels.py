"""What a study calls its models: each by a name or a label of its own."""

from __future__ import annotations

from gyges.errors import StudyError
from gyges.records.study import ModelSpec, Study, name_model

_LONGEST = 80
_REFERENCE = "gyges/"


def check_labels(study: Study) -> None:
    """Refuse labels that cannot tell the study's models apart, or that pass a model off as another.

    Raises:
        StudyError: What is wrong with which model.
    """
    names = [name_model(spec) for spec in study.models]
    for i, spec in enumerate(study.models):
        if spec.label is not None:
            _check_label(study, i, spec.label)
        if names[i] in names[:i]:
            raise StudyError(_say_twice(spec, names[i]), place=("models", i))
        _check_price(study, i)


def _check_label(study: Study, i: int, label: str) -> None:
    place = ("models", i, "label")
    if not label or label != label.strip() or len(label) > _LONGEST or not label.isprintable():
        raise StudyError(
            f"label {label[:_LONGEST]!r}: expected 1 to {_LONGEST} printable characters without spaces at the"
            " ends.",
            place=place,
        )
    name = study.models[i].name
    if label.startswith(_REFERENCE) and not name.startswith(_REFERENCE):
        raise StudyError(
            f"label '{label}': '{_REFERENCE}' begins the names of simulated models, and '{name}' is none.",
            place=place,
        )
    others = {spec.name for spec in study.models} - {name}
    if label in others:
        raise StudyError(f"label '{label}' is the name of another model of the study.", place=place)


def _check_price(study: Study, i: int) -> None:
    """What a trial costs is told by a model's name alone, so one name has one price."""
    spec = study.models[i]
    for other in study.models[:i]:
        if other.name == spec.name and other.price != spec.price:
            raise StudyError(
                f"model '{spec.name}' stands twice with different prices; give it one price.",
                place=("models", i),
            )


def _say_twice(spec: ModelSpec, name: str) -> str:
    if spec.label is None:
        return (
            f"model '{name}' stands twice; each model is named once, or gets a `label` of its own to stand"
            " there again."
        )
    return f"label '{name}' stands twice; each model has its own."
