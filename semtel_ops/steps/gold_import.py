"""Read labels that people gave in another tool, check every one, and keep all of them or none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semtel_ops.classifiers import ClassifierSpec, load_classifiers
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.conversations.lake_ids import shown_id
from semtel_ops.errors import ConfigError
from semtel_ops.gold.answers import checked_answer
from semtel_ops.gold.exchange import Foreign, Problem, detected, read_labels
from semtel_ops.gold.question import question_of
from semtel_ops.runs.resources import open_settled
from semtel_ops.settings import Settings
from semtel_ops.steps.gold_export import draw_of
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldDraw, GoldLabel

SHOWN_PROBLEMS = 20
_LONGEST_NAME = 250
_LONGEST_REASON = 1_000

_Key = tuple[str, str, str]
"""Conversation, classifier, person."""


def import_gold(
    file: str,
    *,
    settings: Settings,
    draw_id: str | None = None,
    form: str | None = None,
    person: str | None = None,
    people: Mapping[str, str] | None = None,
    replace: bool = False,
    dry_run: bool = False,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """Import the labels of a file, or report its problems and import nothing. A second import of the same file changes nothing.

    Args:
        draw_id: by default the latest draw.
        form: format of the file; by default recognised.
        person: who labelled, where the file does not say.
        people: name in the file → name in the ledger.
        replace: let labels of the file replace other labels of the same people.

    Returns:
        A manifest; `state` is `imported`, `dry_run`, or `refused` with `problems`, each with its place in the file.

    Raises:
        ConfigError: there is no such draw, or the file cannot be read.
    """
    path, known = (Path(file), form) if form is not None and not Path(file).is_dir() else detected(Path(file))
    now = datetime.fromtimestamp((clock or SystemClock()).now(), UTC)
    with open_settled(settings) as ledger:
        gold = GoldLedger(ledger)
        draw = draw_of(gold, draw_id)
        specs = {spec.id: spec for spec in load_classifiers(settings.prompts, draw.classifiers)}
        questions = {name: question_of(spec) for name, spec in specs.items()}
        checks = _Checks(gold, draw, specs, person, people or {}, now, replace=replace)
        for entry in read_labels(path, form or known, questions):
            if isinstance(entry, Problem):
                checks.problems.append(entry)
            else:
                checks.add(entry)
        if not checks.problems and not dry_run:
            gold.save_labels(list(checks.new.values()))
    state = "refused" if checks.problems else "dry_run" if dry_run else "imported"
    return {
        "draw": draw.draw_id,
        "file": str(path),
        "format": form or known,
        "state": state,
        "labels": 0 if checks.problems else sum(not label.skipped for label in checks.new.values()),
        "skipped": 0 if checks.problems else sum(label.skipped for label in checks.new.values()),
        "already_there": checks.same,
        "replaced": checks.replaced,
        "by_person": dict(Counter(label.person for label in checks.new.values())),
        "problem_count": len(checks.problems),
        "problems": [{"where": one.where, "reason": one.reason[:_LONGEST_REASON]} for one in checks.problems[:SHOWN_PROBLEMS]],
    }


@dataclass(slots=True)
class _Checks:
    """Checks labels of a file against a draw, one after the other, and collects what is new and what is wrong."""

    gold: GoldLedger
    draw: GoldDraw
    specs: Mapping[str, ClassifierSpec]
    person: str | None
    people: Mapping[str, str]
    now: datetime
    replace: bool = field(kw_only=True)
    new: dict[_Key, GoldLabel] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    same: int = 0
    replaced: int = 0
    _places: dict[_Key, str] = field(default_factory=dict)
    _drawn: frozenset[str] = frozenset()
    _there: dict[_Key, GoldLabel] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._drawn = frozenset(item.conversation_id for item in self.gold.items(self.draw.draw_id))
        for classifier in self.draw.classifiers:
            for label in self.gold.labels_of(self.draw.draw_id, classifier):
                self._there[label.conversation_id, label.classifier, label.person] = label

    def add(self, given: Foreign) -> None:
        classifiers: Sequence[str] = self.draw.classifiers if given.classifier is None else [given.classifier]
        for classifier in classifiers:
            try:
                self._add(given, classifier)
            except ConfigError as error:
                self.problems.append(Problem(given.where, str(error)))

    def _add(self, given: Foreign, classifier: str) -> None:
        person = self.people.get(given.person or "", given.person or self.person)
        if given.draw_id not in (None, self.draw.draw_id):
            raise ConfigError("draw", given.draw_id, f"is not {self.draw.draw_id}; name the draw of the file with --draw")
        if given.conversation_id not in self._drawn:
            raise ConfigError("conversation", shown_id(given.conversation_id), f"was not drawn in {self.draw.draw_id}")
        spec = self.specs.get(classifier)
        if spec is None:
            raise ConfigError("classifier", classifier[:80], f"is not part of the draw; one of: {', '.join(self.specs)}")
        if person is None or not 0 < len(person) <= _LONGEST_NAME or not person.isprintable():
            raise ConfigError("person", None, "is not named in the file; name the person with --person")
        label = self._label(given, spec, person)
        key = (given.conversation_id, classifier, person)
        if key in self._places:
            raise ConfigError(
                "label",
                shown_id(given.conversation_id),
                f"of {classifier} by {person} is there twice, first in {self._places[key]}",
            )
        self._places[key] = given.where
        there = self._there.get(key)
        if there is not None and there.answer == label.answer:
            self.same += 1
            return
        if there is not None and not self.replace:
            fix = f"of {classifier} by {person} has another label on record; import with --replace to replace it"
            raise ConfigError("label", shown_id(given.conversation_id), fix)
        self.replaced += there is not None
        self.new[key] = label

    def _label(self, given: Foreign, spec: ClassifierSpec, person: str) -> GoldLabel:
        answer = None if given.skipped else checked_answer(spec, given.label, given.labels)
        return GoldLabel(
            draw_id=self.draw.draw_id,
            conversation_id=given.conversation_id,
            classifier=spec.id,
            person=person,
            label=None if answer is None else answer.label,
            labels=None if answer is None else answer.labels,
            skipped=given.skipped,
            source="import",
            seconds=given.seconds,
            labelled_at=self._time(given.labelled_at),
        )

    def _time(self, text: str | None) -> datetime:
        if text is None:
            return self.now
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise ConfigError("labelled_at", text[:40], "is not a time; write it as 2026-11-24T08:00:00Z") from None
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
