"""Paths of all files in the lake; no other module builds paths."""

import re
from dataclasses import dataclass

from semtel_ops.store.files import read_json
from semtel_ops.store.run_name import plain_name, slug


@dataclass(frozen=True, slots=True)
class Lake:
    """Paths that do not belong to a single run, below a root URL (a local folder or any fsspec URL).

    landed/ has the rows of every run; labels/ has the rows of the published run of each week.
    """

    root: str

    def path(self, *parts: str) -> str:
        """A path below the root."""
        return "/".join((self.root.rstrip("/"), *parts))

    def run(self, week: str, run_id: str) -> "RunFolder":
        """The paths of a run, whether or not it exists."""
        return RunFolder(self, week, run_id, _earlier_name(self.root, week, run_id))

    def conversations(self, week: str, shard: int) -> str:
        return self.path("conversations", f"week={week}", f"shard={shard:04d}.parquet")

    def conversations_folder(self, week: str) -> str:
        return self.path("conversations", f"week={week}")

    def journal(self) -> str:
        return self.path("journal")

    def labels_week(self, week: str) -> str:
        return self.path("labels", f"week={week}")

    def reports(self, week: str) -> str:
        return self.path("reports", f"week={week}")

    def report(self, week: str) -> str:
        return self.path("reports", f"week={week}", "report.html")

    def forgotten(self, name: str) -> str:
        """A file of what `semtel forget` was asked: hashes of ids, and receipts."""
        return self.path("forgotten", name)

    def frozen_set(self) -> str:
        """What a lake of its own says of the set of conversations in it."""
        return self.path("runs", "set.json")

    @property
    def around(self) -> "Lake | None":
        """For the lake of an experiment: the lake whose experiment it is."""
        outer, found, inner = self.root.rstrip("/").rpartition("/experiments/")
        return Lake(outer) if found and inner.count("/") == 1 and inner.endswith("/lake") else None

    def publishing(self, week: str) -> str:
        """Folder in which a week's label files are prepared before readers see them."""
        return self.path("publishing", f"week={week}")


def _earlier_name(root: str, week: str, run_id: str) -> str | None:
    """The name that an earlier release gave the run's folder, if it has another: then two ids could share a folder.

    Only looked for where the names differ, which is rare: not for ids of Airflow.
    """
    plain = plain_name(run_id)
    if plain == slug(run_id):
        return None
    document = read_json(f"{root.rstrip('/')}/runs/week={week}/run={plain}/run.json")
    return plain if document is not None and document.get("run_id") == run_id else None


def week_of_run(url: str) -> str | None:
    """The ISO week of a run, from the URL of any of its files; None for a URL outside of runs."""
    match = re.search(r"/week=(\d{4}-W\d{2})/run=", url)
    return match[1] if match else None


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths of a run: files that its steps exchange, and files for users.

    `name` is that of its folder where it is not `slug` of the id.

    Includes files that the runs of a week share (`conversations`, `week_report`), so that a step needs a single object.
    """

    lake: Lake
    week: str
    run_id: str
    name: str | None = None

    @property
    def url(self) -> str:
        return self._under("runs")

    @property
    def plan(self) -> str:
        """The resolved plan of the run: configuration, classifiers, endpoints without their keys."""
        return self.path("run.json")

    @property
    def parts(self) -> str:
        """The parts of the source that the run extracts."""
        return self.path("parts.json")

    @property
    def sample(self) -> str:
        """Counts of the sample, and the references of the run's shards."""
        return self.path("sample.json")

    @property
    def lanes(self) -> str:
        """The lane of each shard with its reason; after gathering, also the results of each lane."""
        return self.path("lanes.json")

    @property
    def forecast(self) -> str:
        """Forecast of a dry run."""
        return self.path("forecast.json")

    @property
    def totals(self) -> str:
        """The sums over all landed rows."""
        return self.path("totals.json")

    @property
    def quality(self) -> str:
        """The verdict of the quality gate and its checks."""
        return self.path("quality.json")

    @property
    def bridge(self) -> str:
        """What last week's rows say that were labelled again by this week's labeller."""
        return self.path("bridge.json")

    @property
    def gold(self) -> str:
        """Agreement with golden labels."""
        return self.path("gold.json")

    @property
    def rerun(self) -> str:
        """Exists while the published run is labelled again, until it is published again."""
        return self.path("rerun.json")

    @property
    def reprocess(self) -> str:
        """Request and results of a reprocess."""
        return self.path("reprocess.json")

    @property
    def ids(self) -> str:
        """The ids that a reprocess was given, as of that time."""
        return self.path("ids.parquet")

    def path(self, name: str) -> str:
        """A file next to run.json."""
        return f"{self.url}/{name}"

    def limits(self, shard: int) -> str:
        """The change log of the endpoints' limits in a shard's task."""
        return f"{self.limits_folder}/shard={shard:04d}.json"

    @property
    def limits_folder(self) -> str:
        return self.path("limits")

    def refusals(self, shard: int) -> str:
        """What endpoints said when they did not answer, in all tasks of a shard."""
        return f"{self.refusals_folder}/shard={shard:04d}.json"

    @property
    def refusals_folder(self) -> str:
        return self.path("refusals")

    def strategy(self, shard: int) -> str:
        """The composition of a shard's shared requests, and the comparison of their answers."""
        return f"{self.strategy_folder}/shard={shard:04d}.json"

    @property
    def strategy_folder(self) -> str:
        return self.path("strategy")

    def staged(self, part: int) -> str:
        return f"{self.staged_folder}/part={part:04d}.parquet"

    @property
    def staged_folder(self) -> str:
        return self._under("staged")

    def quarantine(self, name: str) -> str:
        return f"{self.quarantine_folder}/{name}.jsonl"

    @property
    def quarantine_folder(self) -> str:
        return self._under("quarantine")

    def repairs(self, part: int) -> str:
        """The records of a part that were read although something was wrong in them."""
        return f"{self.repairs_folder}/part={part:04d}.jsonl"

    @property
    def repairs_folder(self) -> str:
        return self.path("repairs")

    def conversations(self, shard: int) -> str:
        """A shard of the week's sample, which all runs of the week share."""
        return self.lake.conversations(self.week, shard)

    @property
    def conversations_folder(self) -> str:
        return self.lake.conversations_folder(self.week)

    def prepared(self, shard: int) -> str:
        return f"{self._under('prepared')}/shard={shard:04d}.parquet"

    def batches(self, shard: int) -> str:
        """Folder of a shard's batch jobs: input files until they are merged, and the request keys of each job."""
        return f"{self._under('batches')}/shard={shard:04d}"

    def landed(self, shard: int) -> str:
        return f"{self.landed_folder}/shard={shard:04d}.parquet"

    @property
    def landed_folder(self) -> str:
        return self._under("landed")

    @property
    def labels_folder(self) -> str:
        return self._under("labels")

    @property
    def report(self) -> str:
        """The report of this run; `week_report` is that of the run that was reported last."""
        return f"{self._under('reports')}/report.html"

    @property
    def rerun_report(self) -> str:
        """The report of a published run that was labelled again and not published again."""
        return f"{self._under('reports')}/rerun.html"

    @property
    def week_report(self) -> str:
        return self.lake.report(self.week)

    @property
    def data_docs(self) -> str:
        """Folder of the pages that Great Expectations generates for the week's checks."""
        return f"{self.lake.reports(self.week)}/data_docs"

    def _under(self, kind: str) -> str:
        return self.lake.path(kind, f"week={self.week}", f"run={self.name or slug(self.run_id)}")
