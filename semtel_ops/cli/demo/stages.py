"""A run's task instances, as a person follows them: stages in the graph's order, each so many of so many done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

STAGES = ("plan", "extract", "sample", "prepare", "classify", "check", "gather", "validate", "publish", "report", "close")

_DONE = frozenset({"success", "skipped"})
_FAILED = frozenset({"failed", "upstream_failed"})


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one task of the graph stands, over all its mapped instances.

    Attributes:
        total: instances known so far; a mapped task has one until its size is known.
    """

    name: str
    total: int
    done: int
    failed: int
    running: int
    retrying: int
    skipped: int

    @property
    def finished(self) -> bool:
        return self.total > 0 and self.done + self.failed == self.total


def stages(instances: Iterable[Mapping[str, Any]]) -> tuple[Stage, ...]:
    """One stage for each task of the graph, in its order; instances as Airflow's API gives them."""
    states: dict[str, list[str | None]] = {name: [] for name in STAGES}
    for instance in instances:
        name = str(instance["task_id"]).rpartition(".")[2]
        if name in states and not _unused(instance):
            states[name].append(instance.get("state"))
    return tuple(_stage(name, found) for name, found in states.items())


def _unused(instance: Mapping[str, Any]) -> bool:
    """The place of a group that no shard goes through: a lane nobody took."""
    return str(instance["task_id"]).startswith("batch.") and instance.get("map_index", -1) < 0


def _stage(name: str, found: list[str | None]) -> Stage:
    return Stage(
        name=name,
        total=len(found),
        done=sum(state in _DONE for state in found),
        failed=sum(state in _FAILED for state in found),
        running=sum(state == "running" for state in found),
        retrying=sum(state == "up_for_retry" for state in found),
        skipped=sum(state == "skipped" for state in found),
    )


def failed_instances(instances: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that failed themselves, in the order they ended: the first is the cause more often than not."""
    failed = [instance for instance in instances if instance.get("state") == "failed"]
    return sorted(failed, key=lambda instance: str(instance.get("end_date")))
