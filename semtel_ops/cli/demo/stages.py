"""A run's task instances summarized as stages in the order of the graph."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

STAGES = ("plan", "extract", "sample", "prepare", "classify", "check", "gather", "validate", "publish", "report", "close")

_DONE = frozenset({"success", "skipped"})
_FAILED = frozenset({"failed", "upstream_failed"})


@dataclass(frozen=True, slots=True)
class Stage:
    """State of one task of the graph, over all its mapped instances.

    Attributes:
        total: instances known so far; 1 for a mapped task that has not been expanded.
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
    """One stage per task, in the order of the graph; `instances` as returned by Airflow's API."""
    states: dict[str, list[str | None]] = {name: [] for name in STAGES}
    for instance in instances:
        name = str(instance["task_id"]).rpartition(".")[2]
        if name in states and not _unused(instance):
            states[name].append(instance.get("state"))
    return tuple(_stage(name, instance_states) for name, instance_states in states.items())


def _unused(instance: Mapping[str, Any]) -> bool:
    """Whether this is the placeholder of a task group without shards: a lane that was not used."""
    return str(instance["task_id"]).startswith("batch.") and instance.get("map_index", -1) < 0


def _stage(name: str, states: list[str | None]) -> Stage:
    return Stage(
        name=name,
        total=len(states),
        done=sum(state in _DONE for state in states),
        failed=sum(state in _FAILED for state in states),
        running=sum(state == "running" for state in states),
        retrying=sum(state == "up_for_retry" for state in states),
        skipped=sum(state == "skipped" for state in states),
    )


def failed_instances(instances: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Instances that failed themselves, in the order they ended: the first is usually the cause."""
    failed = [instance for instance in instances if instance.get("state") == "failed"]
    return sorted(failed, key=lambda instance: str(instance.get("end_date")))
