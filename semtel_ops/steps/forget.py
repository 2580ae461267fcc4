"""Erase conversations from a lake and its ledger, and write a receipt.

The order makes it safe to kill at any point and to start again. First the ids are put on the list, so that nothing reads them
again; then every file is gone through, in the order of `store.lake_kinds`; at the end all are read again. What a file lost is
noted before it is changed, so the receipt counts it once.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from sqlalchemy import select

from semtel_ops.clock import Clock, SystemClock
from semtel_ops.conversations.lake_ids import lake_ids
from semtel_ops.endpoints import load_endpoints, load_models
from semtel_ops.endpoints.batch_client import BatchClient, MakeBatchClient
from semtel_ops.endpoints.catalog import ResolveConnection
from semtel_ops.endpoints.factory import batch_client
from semtel_ops.errors import ConfigError, SemtelError
from semtel_ops.runs.documents import ErasedPlace, ForgetReceipt, PendingFile, ProviderFile, SampleDocument
from semtel_ops.settings import Settings, pipeline_of
from semtel_ops.shards.rows import bucket_range
from semtel_ops.steps.erased_runs import now_in_utc, require_no_work, unfinished_runs
from semtel_ops.steps.ids_file import read_ids
from semtel_ops.steps.sample import owner_of
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.erasure import Erased, Subjects
from semtel_ops.store.files import read_json, remove, write_json
from semtel_ops.store.folder_lock import lock_lake
from semtel_ops.store.forgotten import remember
from semtel_ops.store.journal_segment import DAMAGED_FOLDER
from semtel_ops.store.lake_kinds import KINDS, LakeFile, files_of, size_of
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_erasure import compact, erase_examples, erase_gold, erase_labels
from semtel_ops.store.ledger_open import open_ledger, open_to_read
from semtel_ops.store.parquet import count_rows
from semtel_ops.store.published_state import settle_publications
from semtel_ops.store.run_name import slug

log = logging.getLogger(__name__)

ELSEWHERE = (
    "the source: delete the conversations there as well; they are not read again from it into this lake",
    "backups and snapshots of the lake and the ledger: let them expire, or run the same command on what is restored",
    "logs of Airflow: a warning about a failed request may name an example conversation; delete logs older than your retention",
    "alerts that were sent by e-mail or webhook, or to Slack or PagerDuty: they may name up to three example conversations",
    "providers of models: prompts and replies are kept as long as your contract with them says",
    "files of `semtel gold export --with-text`, and what labelling tools keep of them: delete the conversations there",
    "folders of `semtel classify`, `experiment` and `align` with --out: run `semtel forget` with --out FOLDER",
)
_BACKUPS = (".backup", ".part")
_FOREIGN = {
    True: "is a backup of the ledger; delete it if it is older than this request",
    False: "is no file of semtel-ops, and was not read; move it elsewhere",
}
_LEFT_AFTER_S = 3600.0
"""A temporary file that is older than this was left by a process that is no longer there."""
_NOTED: ErasedPlace = {"place": "", "what": "", "files": 0, "rows": 0, "bytes": 0}


def forget_conversations(
    ids_file: str,
    *,
    settings: Settings,
    dry_run: bool,
    out: str | None = None,
    despite_unfinished: bool = False,
    clock: Clock | None = None,
    resolve_connection: ResolveConnection | None = None,
    make_batch_client: MakeBatchClient = batch_client,
) -> ForgetReceipt:
    """Erase the conversations with these ids, and return the receipt. A second call removes nothing more.

    Args:
        ids_file: path or URL of a file with one id in each line, as the source or as the lake has them.
        out: folder of --out of `semtel classify`, `experiment` or `align`, instead of the lake of this environment.
        despite_unfinished: erase although runs have not ended.

    Raises:
        ConfigError: the file cannot be read, or has no ids.
        StoreError: runs are at work; the ids are on the list nevertheless.
    """
    given = frozenset(one for some in read_ids(ids_file) for one in some)
    if not given:
        raise ConfigError("ids", ids_file, "contains no ids; write one conversation id per line")
    mapping = lake_ids(pipeline_of(settings).source)
    ids = frozenset(form for one in given for form in mapping.forms(one))
    clock = clock or SystemClock()
    root = settings.lake if out is None else out.rstrip("/")
    with ExitStack() as stack:
        if not dry_run:
            # With --out, the lock is that of `semtel classify`; in a lake, that of `semtel lake clean`.
            folder = Lake(root).forgotten("").rstrip("/") if out is None else root
            stack.enter_context(lock_lake(folder, "semtel forget", clock=clock))
        url = settings.database_url.get_secret_value() if out is None else f"sqlite:///{root}/lake/batch.db"
        ledger = open_to_read(url)
        if ledger is not None:
            stack.enter_context(ledger)
            ledger = ledger if dry_run else stack.enter_context(open_ledger(url))
        lake = Lake(root if out is None else f"{root}/lake")
        if not dry_run:
            # A publication between its commit and its files would not find the files that it copied.
            settle_publications(lake, ledger if out is None else None)
        work = _Erasure(root, lake, ids, [mapping.forms(one) for one in sorted(given)], ledger, clock, dry_run=dry_run)
        unfinished = [] if out is not None else unfinished_runs(ledger, now_in_utc(clock.now()))
        if unfinished and not dry_run and not despite_unfinished:
            work.save("waiting")
            require_no_work(unfinished, "the ids are on the list and nothing reads them again, but nothing was erased yet")
        work.run(lambda: _batch_clients(settings, resolve_connection, make_batch_client))
        return work.receipt


class _Erasure:
    """One request, from its list of ids to its receipt."""

    def __init__(
        self,
        root: str,
        lake: Lake,
        ids: frozenset[str],
        given: Sequence[Collection[str]],
        ledger: Ledger | None,
        clock: Clock,
        *,
        dry_run: bool,
    ) -> None:
        self._root, self._lake, self._ledger, self._clock = root, lake, ledger, clock
        self._go = not dry_run
        self._given = given
        self._files = list(files_of(root))
        self._subjects = Subjects(ids)
        self._subjects = Subjects(ids, self._buckets())
        request = remember(lake, ids) if self._go else ""
        self._url = lake.forgotten(f"receipts/{request}.json")
        earlier: ForgetReceipt | None = read_json(self._url) if self._go else None
        self.receipt: ForgetReceipt = earlier or {
            "request": request, "state": "erasing" if self._go else "dry_run", "root": root, "ids": len(given),
            "began_at": self._now().isoformat(timespec="seconds"), "ended_at": None, "places": [], "asked_again": 0,
            "cost_usd": 0.0, "provider_files": [], "verified_files": 0, "remaining": [], "elsewhere": list(ELSEWHERE),
        }  # fmt: skip

    def run(self, batch_clients: Callable[[], dict[str, BatchClient]]) -> None:
        self.receipt["remaining"] = []
        if self._go:
            self._settle_pending()
            self.save("erasing")
        for kind in KINDS:
            for file in self._files:
                if file.kind is kind and not file.temporary:
                    self._one(file)
        for file in self._files:
            if file.temporary:
                self._leftover(file)
            elif file.eraser is None:
                self.receipt["remaining"].append(f"{file.path}: {_FOREIGN[file.path.endswith(_BACKUPS)]}")
        self._ledgers()
        self._count_found()
        if not self._go:
            return
        self._recount()
        self._at_providers(batch_clients)
        self._verify()
        self.receipt["ended_at"] = self._now().isoformat(timespec="seconds")
        self.save("incomplete" if self.receipt["remaining"] else "done")

    def save(self, state: str) -> None:
        self.receipt["state"] = state
        self._count_found()
        if self._go:
            write_json(self._url, self.receipt)

    def _count_found(self) -> None:
        """Note which of the given ids were found, by their place in the sorted request, so that a killed call forgets none."""
        seen = self._subjects.seen
        found = int(self.receipt.get("found") or "0", 16)
        for at, forms in enumerate(self._given):
            if not found >> at & 1 and not seen.isdisjoint(forms):
                found |= 1 << at
        self.receipt["found"] = f"{found:x}"
        self.receipt["not_found"] = len(self._given) - found.bit_count()

    def _now(self) -> datetime:
        return now_in_utc(self._clock.now())

    def _buckets(self) -> frozenset[int]:
        """Buckets of the shards with these conversations."""
        samples: dict[str, list[LakeFile]] = defaultdict(list)
        for file in self._files:
            if file.kind is not None and file.kind.folder == "conversations" and file.path.endswith(".parquet"):
                samples[file.url.rsplit("/", 1)[0]].append(file)
        found: set[int] = set()
        for shards in samples.values():
            for file in shards:
                shard = int(file.path.rsplit("=", 1)[-1].removesuffix(".parquet"))
                if shard < len(shards) and self._apply(file, go=False).rows:
                    low, high = bucket_range(shard, len(shards))
                    found.update(range(low, high + 1))
        return frozenset(found)

    def _apply(self, file: LakeFile, *, go: bool) -> Erased:
        """What a file has, or had; a file that cannot be read has nothing that we could remove, and `_one` says so."""
        eraser = file.eraser
        if eraser is None:
            return Erased()
        try:
            return eraser(file.url, self._subjects, go)
        except FileNotFoundError:
            return Erased()

    def _one(self, file: LakeFile) -> None:
        try:
            found = self._apply(file, go=False)
            if not found.rows:
                return
            if file.path.endswith(".keys.parquet"):
                self._note_provider_files(file)
            if f"/{DAMAGED_FOLDER}/" in file.path:
                named = self.receipt.setdefault("damaged_segments", [])
                named += [file.path] if file.path not in named else []
            if self._go:
                self.receipt["pending"] = {
                    "path": file.path, "rows": found.rows, "bytes": file.size, "asked_again": found.asked_again,
                    "cost_usd": found.cost_usd,
                }  # fmt: skip
                self.save("erasing")
                self._apply(file, go=True)
        except (SemtelError, pa.ArrowException, OSError, ValueError) as error:
            self.receipt["remaining"].append(
                f"{file.path}: cannot be read or written ({type(error).__name__}); repair or remove it"
            )
            return
        self._count(file, found.rows, self._shrunk(file), found.asked_again, found.cost_usd)

    def _shrunk(self, file: LakeFile) -> int:
        if not self._go:
            return 0
        return max(0, file.size - size_of(file.url))

    def _count(self, file: LakeFile, rows: int, shrunk: int, asked_again: int, cost_usd: float) -> None:
        assert file.kind is not None
        self._add(file.kind.folder, file.kind.what, files=1, rows=rows, shrunk=shrunk)
        self.receipt["asked_again"] += asked_again
        self.receipt["cost_usd"] = round(self.receipt["cost_usd"] + cost_usd, 6)
        self.receipt["pending"] = None

    def _add(self, place: str, what: str, *, files: int, rows: int, shrunk: int) -> None:
        known = next((entry for entry in self.receipt["places"] if entry["place"] == place), None)
        if known is None:
            known = {**_NOTED, "place": place, "what": what}
            self.receipt["places"].append(known)
        known["files"] += files
        known["rows"] += rows
        known["bytes"] += shrunk

    def _settle_pending(self) -> None:
        """Count the file that an interrupted call was changing, if it had changed it."""
        pending: PendingFile | None = self.receipt.get("pending")
        if pending is None:
            return
        file = next((one for one in self._files if one.path == pending["path"]), None)
        gone = LakeFile(f"{self._root}/{pending['path']}", pending["path"], 0, 0.0, None)
        if file is None:
            place = next(kind for kind in KINDS if f"/{kind.folder}/" in f"/{gone.path}")
            self._add(place.folder, place.what, files=1, rows=pending["rows"], shrunk=pending["bytes"])
            self.receipt["asked_again"] += pending["asked_again"]
            self.receipt["cost_usd"] += pending["cost_usd"]
        elif not self._apply(file, go=False).rows:
            shrunk = max(0, pending["bytes"] - file.size)
            self._count(file, pending["rows"], shrunk, pending["asked_again"], pending["cost_usd"])
        self.receipt["pending"] = None

    def _leftover(self, file: LakeFile) -> None:
        """Remove what a killed process left of a file that it was writing."""
        if self._clock.now() - file.modified < _LEFT_AFTER_S:
            self.receipt["remaining"].append(
                f"{file.path}: is being written, or was until now; run the command again in an hour"
            )
            return
        if self._go:
            remove(file.url)
        self._add("temporary files", "left by killed processes", files=1, rows=0, shrunk=file.size if self._go else 0)

    def _ledgers(self) -> None:
        if self._ledger is None:
            return
        labels = erase_labels(self._ledger, self._subjects.ids, go=self._go)
        gold = erase_gold(self._ledger, self._subjects.ids, go=self._go)
        examples = erase_examples(self._ledger, self._subjects.ids, go=self._go)
        for place, what, rows in (
            ("table label", "label rows of the published runs", labels),
            ("tables of gold", "drawn conversations, and labels of people", gold),
            ("texts of the ledger", "example ids in checks, alerts and messages", examples),
        ):
            if rows:
                self._add(place, what, files=0, rows=rows, shrunk=0)
        if self._go:
            compact(self._ledger)

    def _recount(self) -> None:
        """Make the samples of all runs say how many conversations are left, so that runs based on them add up."""
        for file in self._files:
            if file.path.endswith("/sample.json") and file.week is not None:
                _recount_sample(file, Lake(f"{self._root}/{file.lake}" if file.lake else self._root))

    def _note_provider_files(self, file: LakeFile) -> None:
        if self._ledger is None:
            return
        job = tables.batch_job.c
        ids = (job.input_file_id, job.output_file_id, job.error_file_id)
        name = file.path.rsplit("/", 1)[-1]
        with self._ledger.read() as connection:
            query = select(job.job_key, job.endpoint, *ids).where(job.keys_url.like(f"%/{name}"))
            for job_key, endpoint, *file_ids in connection.execute(query).all():
                known = {entry["file_id"] for entry in self.receipt["provider_files"]}
                self.receipt["provider_files"] += [
                    ProviderFile(endpoint=endpoint, file_id=file_id, job_key=job_key, deleted=False)
                    for file_id in file_ids
                    if file_id is not None and file_id not in known
                ]

    def _at_providers(self, batch_clients: Callable[[], dict[str, BatchClient]]) -> None:
        open_files = [entry for entry in self.receipt["provider_files"] if not entry["deleted"]]
        clients = batch_clients() if open_files else {}
        try:
            for entry in open_files:
                client = clients.get(entry["endpoint"])
                try:
                    if client is None:
                        raise ConfigError("endpoint", entry["endpoint"], "is not in endpoints.yaml, or has no batch lane")
                    client.delete_file(entry["file_id"])
                    entry["deleted"] = True
                except SemtelError as error:
                    self.receipt["remaining"].append(
                        f"file {entry['file_id']} at {entry['endpoint']}: could not be deleted ({error}); delete it there"
                    )
        finally:
            for client in clients.values():
                client.close()

    def _verify(self) -> None:
        """Read every file again: what is found now came back while we were erasing, or could not be removed."""
        files = list(files_of(self._root))
        self.receipt["verified_files"] = 0
        for file in files:
            try:
                found = self._apply(file, go=False)
            except (SemtelError, pa.ArrowException, OSError, ValueError):
                continue  # already among what remains
            self.receipt["verified_files"] += 1
            if found.rows:
                self.receipt["remaining"].append(
                    f"{file.path}: still has {found.rows} of what was removed; run the command again"
                )
        if self._ledger is not None and erase_labels(self._ledger, self._subjects.ids, go=False):
            self.receipt["remaining"].append("table label: rows were published meanwhile; run the command again")
        if self._ledger is not None and erase_gold(self._ledger, self._subjects.ids, go=False):
            self.receipt["remaining"].append("tables of gold: conversations were drawn meanwhile; run the command again")


def _recount_sample(file: LakeFile, lake: Lake) -> None:
    sample: SampleDocument | None = read_json(file.url)
    week = file.week
    if sample is None or week is None or "shards" not in sample or not _is_current(file, sample, lake, week):
        return
    counts = {ref["shard"]: count_rows(lake.conversations(week, ref["shard"])) for ref in sample["shards"]}
    erased = sample["sampled"] - sum(counts.values())
    if erased <= 0:
        return
    shards = [{**ref, "conversations": counts[ref["shard"]]} for ref in sample["shards"]]
    changed = {**sample, "shards": shards, "sampled": sum(counts.values()), "erased": sample.get("erased", 0) + erased}
    write_json(file.url, changed)


def _is_current(file: LakeFile, sample: SampleDocument, lake: Lake, week: str) -> bool:
    """Whether the week's conversations are those of this sample, and whole: a later run may have drawn another one."""
    owners = {owner_of(lake.conversations(week, ref["shard"])) for ref in sample["shards"]}
    if None in owners or len(owners) != 1:
        return False
    owner = str(owners.pop())
    # An experiment draws one sample for all its runs.
    return bool(file.lake) or owner == sample.get("sampled_by") or f"/run={slug(owner)}/" in file.path


def _batch_clients(settings: Settings, resolve: ResolveConnection | None, make: MakeBatchClient) -> dict[str, BatchClient]:
    """A client for each endpoint with a batch lane; none if the endpoints cannot be read."""
    clients: dict[str, BatchClient] = {}
    try:
        models = load_models(Path(settings.include) / "config" / "models.yaml")
        for endpoint in load_endpoints(settings.endpoints_path, models=models, resolve_connection=resolve):
            if "batch" in {lane.value for lane in endpoint.lanes}:
                clients[endpoint.name] = make(endpoint)
    except SemtelError as error:
        log.warning("files at providers are not deleted: %s", error)
    return clients
