"""Study files: the shipped ones by name, anybody's by path."""

from __future__ import annotations

from pathlib import Path

from gyges.design._weights import check_study
from gyges.errors import StudyError, unknown_name
from gyges.records.reading import naming_file, read_record
from gyges.records.study import Study

_SHIPPED = Path(__file__).parent / "studies"


def find_studies() -> tuple[str, ...]:
    """List the names of the shipped studies."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yaml")))


def load_study(name_or_path: str) -> Study:
    """Read a shipped study by its name, or a study file by its path.

    A word that is neither the name of a shipped study nor an existing file is taken for a path when it has a
    folder or ends in `.yaml` or `.yml`.

    Raises:
        StudyError: No such study, or its file does not say what it must.
    """
    if name_or_path in find_studies():
        return read_record(_SHIPPED / f"{name_or_path}.yaml", Study, error=StudyError)
    path = Path(name_or_path)
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise StudyError(f"{name_or_path[:80]!r}: is no path ({reason}).") from None
    if is_folder:
        raise StudyError(f"{path}: is a folder; a study is a YAML file.")
    if not (path.suffix in {".yaml", ".yml"} or len(path.parts) > 1 or path.is_file()):
        raise StudyError(f"{unknown_name('study', name_or_path, find_studies())} A path to a file works too.")
    study = read_record(path, Study, error=StudyError)
    with naming_file(path):
        check_study(study)
    return study


def find_study_file(name_or_path: str) -> Path | None:
    """Give the file of a study; none: it is one of the shipped studies."""
    return None if name_or_path in find_studies() else Path(name_or_path)
