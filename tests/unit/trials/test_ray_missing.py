"""What is said where Ray is not installed."""

from __future__ import annotations

import pytest

from gyges.errors import RunError
from gyges.records.study import Resources
from gyges.trials import _ray_nodes, check_address
from gyges.trials._ray_hosts import count_room


def test_a_missing_ray_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for it is told how to install it; who does not never meets it."""
    monkeypatch.setattr(_ray_nodes, "find_spec", lambda _: None)
    check_address(None)
    with pytest.raises(
        RunError, match=r"^--ray needs Ray, which is not installed: pip install 'gyges\[ray\]'\.$"
    ):
        check_address("local")


@pytest.mark.parametrize(
    ("found", "resources", "n"),
    [
        ({"CPU": 8.0, "GPU": 2.0}, Resources(), 8),
        ({"CPU": 8.0, "GPU": 2.0}, Resources(num_cpus=3.0), 2),
        ({"CPU": 8.0, "GPU": 2.0}, Resources(num_gpus=0.5), 4),
        ({"CPU": 0.3}, Resources(num_cpus=0.1), 3),
        ({"CPU": 8.0}, Resources(num_gpus=1.0), 0),
        ({"CPU": 4.0}, Resources(num_cpus=0.0), 4),
        ({}, Resources(), 0),
    ],
)
def test_room_is_counted_by_what_is_scarcest(found: dict[str, float], resources: Resources, n: int) -> None:
    """As many shards fit on a machine as its scarcest resource allows."""
    assert count_room(found, resources) == n
