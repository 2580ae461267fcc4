"""Where everything lies under the lake's root: the only place that spells a path."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lake:
    """Paths under one root URL (a local folder or any fsspec URL).

    landed/ holds the rows of every run as they came; labels/ holds, for each week, the one run that is published.
    """

    root: str

    def path(self, *parts: str) -> str:
        return "/".join((self.root.rstrip("/"), *parts))

    def run_file(self, week: str, run_id: str) -> str:
        """The resolved plan of a run: configuration, classifiers, endpoints without their keys."""
        return self.path("runs", f"week={week}", f"run={slug(run_id)}", "run.json")

    def run_folder(self, week: str, run_id: str) -> str:
        return self.path("runs", f"week={week}", f"run={slug(run_id)}")

    def limits(self, week: str, run_id: str, shard: int) -> str:
        """How a shard's task found the endpoints' limits."""
        return self.path("runs", f"week={week}", f"run={slug(run_id)}", "limits", f"shard={shard:04d}.json")

    def limits_folder(self, week: str, run_id: str) -> str:
        return self.path("runs", f"week={week}", f"run={slug(run_id)}", "limits")

    def strategy(self, week: str, run_id: str, shard: int) -> str:
        """How a shard's shared requests are made up, and what they came to."""
        return self.path("runs", f"week={week}", f"run={slug(run_id)}", "strategy", f"shard={shard:04d}.json")

    def strategy_folder(self, week: str, run_id: str) -> str:
        return self.path("runs", f"week={week}", f"run={slug(run_id)}", "strategy")

    def lanes(self, week: str, run_id: str) -> str:
        """Which lane each shard was given, why, and what came of it."""
        return self.path("runs", f"week={week}", f"run={slug(run_id)}", "lanes.json")

    def staged(self, week: str, run_id: str, part: int) -> str:
        return self.path("staged", f"week={week}", f"run={slug(run_id)}", f"part={part:04d}.parquet")

    def staged_folder(self, week: str, run_id: str) -> str:
        return self.path("staged", f"week={week}", f"run={slug(run_id)}")

    def quarantine(self, week: str, run_id: str, name: str) -> str:
        return self.path("quarantine", f"week={week}", f"run={slug(run_id)}", f"{name}.jsonl")

    def quarantine_folder(self, week: str, run_id: str) -> str:
        return self.path("quarantine", f"week={week}", f"run={slug(run_id)}")

    def conversations(self, week: str, shard: int) -> str:
        return self.path("conversations", f"week={week}", f"shard={shard:04d}.parquet")

    def conversations_folder(self, week: str) -> str:
        return self.path("conversations", f"week={week}")

    def prepared(self, week: str, run_id: str, shard: int) -> str:
        return self.path("prepared", f"week={week}", f"run={slug(run_id)}", f"shard={shard:04d}.parquet")

    def journal(self) -> str:
        return self.path("journal")

    def batches(self, week: str, run_id: str, shard: int) -> str:
        """Folder of a shard's batch jobs: input files until they are merged, and which requests each job asks."""
        return self.path("batches", f"week={week}", f"run={slug(run_id)}", f"shard={shard:04d}")

    def landed(self, week: str, run_id: str, shard: int) -> str:
        return self.path("landed", f"week={week}", f"run={slug(run_id)}", f"shard={shard:04d}.parquet")

    def landed_folder(self, week: str, run_id: str) -> str:
        return self.path("landed", f"week={week}", f"run={slug(run_id)}")

    def labels_week(self, week: str) -> str:
        return self.path("labels", f"week={week}")

    def labels_folder(self, week: str, run_id: str) -> str:
        return self.path("labels", f"week={week}", f"run={slug(run_id)}")

    def reports(self, week: str) -> str:
        return self.path("reports", f"week={week}")

    def report(self, week: str) -> str:
        return self.path("reports", f"week={week}", "report.html")

    def run_report(self, week: str, run_id: str) -> str:
        return self.path("reports", f"week={week}", f"run={slug(run_id)}", "report.html")

    def publishing(self, week: str) -> str:
        """Where a week's label files are put together before they are shown."""
        return self.path("publishing", f"week={week}")


def slug(run_id: str) -> str:
    """A run id as a file name: letters, digits, dot, dash and underscore; Airflow's hold colons and plus signs."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", run_id)
