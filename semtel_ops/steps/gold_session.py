"""Labelling by people, one conversation at a time: what to show next, what to keep, and who has seen what.

A person sees neither the model's answer nor another person's before having labelled the conversation or passed over it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from semtel_ops.classifiers import ClassifierSpec, load_classifier
from semtel_ops.errors import ConfigError, SemtelError
from semtel_ops.gold.agreement import between_people, disagreements, people_with_model, with_labellers
from semtel_ops.gold.answers import checked_answer
from semtel_ops.gold.question import question_of
from semtel_ops.gold.texts import text_of
from semtel_ops.prompts import find_prompt
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldAnswer, GoldDraw, GoldItem, GoldLabel, GoldRuling, category, decide_each
from semtel_ops.store.layout import Lake

_LONGEST_S = 3_600.0
"""A label that took longer was not being worked on all the time: the time is not kept."""
SHOWN_DISAGREEMENTS = 200
SHOWN_DRAWS = 20


class UnknownDrawError(SemtelError):
    """There is no such draw, classifier or conversation to label."""


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it comes from the page."""

    conversation_id: str
    label: str | None
    labels: Sequence[str] | None
    skipped: bool
    seconds: float | None


class GoldSession:
    """Labelling one draw by one classifier as one person. Reads what it needs at each call, so processes may share the work.

    Args:
        prompts: folder of the prompt files.
    """

    def __init__(self, gold: GoldLedger, lake: Lake, prompts: Path, *, draw_id: str, classifier: str, person: str) -> None:
        draw = gold.draw(draw_id)
        if draw is None or classifier not in draw.classifiers:
            raise UnknownDrawError("no such draw, or it is not labelled by that classifier")
        self._gold, self._lake, self._draw, self._person = gold, lake, draw, person
        self._spec = spec_of(prompts, classifier)

    def question(self) -> dict[str, Any]:
        """Instruction, labels and keys."""
        return {"draw_id": self._draw.draw_id, "week": self._draw.week, **asdict(question_of(self._spec))}

    def next(self) -> dict[str, Any]:
        """The first conversation that this person has to label, with its text; `item` is None when there is none left."""
        items, labels = self._items(), self._labels()
        mine = {label.conversation_id for label in labels if label.person == self._person}
        taken = {label.conversation_id for label in labels if not label.skipped}
        todo = (one for one in items if one.conversation_id not in mine and (one.shared or one.conversation_id not in taken))
        item = next(todo, None)
        return {"item": None if item is None else self._shown(item), **self._progress(items, labels)}

    def previous(self, before: str | None) -> dict[str, Any]:
        """The last conversation that this person labelled or passed over, or the one before it, with the label given."""
        items, labels = self._items(), self._labels()
        mine = {label.conversation_id: label for label in labels if label.person == self._person}
        end = next((item.position for item in items if item.conversation_id == before), len(items))
        earlier = [item for item in items if item.position < end and item.conversation_id in mine]
        if not earlier:
            return {"item": None, **self._progress(items, labels)}
        return {"item": self._shown(earlier[-1], mine[earlier[-1].conversation_id]), **self._progress(items, labels)}

    def label(self, given: Given, now: datetime) -> dict[str, Any]:
        """Keep an answer, and return it with the model's answer.

        Raises:
            UnknownDrawError: the conversation was not drawn.
            ConfigError: the answer is not one of the classifier.
        """
        if self._gold.item(self._draw.draw_id, given.conversation_id) is None:
            raise UnknownDrawError("no such conversation in that draw")
        label, several = None, None
        if not given.skipped:
            answer = checked_answer(self._spec, given.label, given.labels)
            label, several = answer.label, answer.labels
        labels = self._labels()
        earlier = next((one for one in labels if self._is_mine(one, given.conversation_id)), None)
        new = GoldLabel(
            draw_id=self._draw.draw_id,
            conversation_id=given.conversation_id,
            classifier=self._spec.id,
            person=self._person,
            label=label,
            labels=several,
            skipped=given.skipped,
            source="page",
            seconds=given.seconds if given.seconds is not None and 0 <= given.seconds <= _LONGEST_S else None,
            labelled_at=now,
        )
        if earlier is None or earlier.answer != new.answer:
            seen = 0 if earlier is None else earlier.changes + (not earlier.skipped)
            self._gold.save_labels([replace(new, changes=seen)])
            labels = self._labels()
        progress = self._progress(self._items(), labels)
        if given.skipped:
            return progress
        model = self._answers().get(given.conversation_id)
        llm = () if model is None else category(model.label, model.labels)
        shown = {"label": label, "labels": several, "llm": list(llm), "model": None if model is None else model.model}
        return {**shown, "same": bool(llm) and llm == new.category, **progress}

    def agreement(self) -> dict[str, Any]:
        """Agreement between people and with the model, and the disagreements that this person may see."""
        labels, answers = self._labels(), self._answers()
        decisions = self._gold.decisions(self._draw.draw_id, self._spec.id)
        rows = self._gold.labels(self._spec.id, draw_id=self._draw.draw_id)
        mine = {label.conversation_id for label in labels if label.person == self._person}
        found = disagreements(labels, answers, decisions)
        visible = [one for one in found if one.conversation_id in mine]
        return {
            "draw_id": self._draw.draw_id,
            "classifier": self._spec.id,
            "name": self._spec.name,
            "people": [asdict(one) for one in between_people(labels, self._spec)],
            "labellers": [asdict(one) for one in with_labellers(rows, self._spec)],
            "models": models_of(self._gold.answers(self._draw.draw_id, self._spec.id)),
            "person_model": [asdict(one) for one in people_with_model(labels, answers, self._spec)],
            "gold": sum(1 for one in decisions.values() if one.gold),
            "open": sum(1 for one in decisions.values() if one.is_open),
            "changed": sum(1 for label in labels if label.changes),
            "disagreements": [asdict(one) for one in visible[:SHOWN_DISAGREEMENTS]],
            "more": max(0, len(visible) - SHOWN_DISAGREEMENTS),
            "hidden": len(found) - len(visible),
        }

    def conversation(self, conversation_id: str) -> dict[str, Any]:
        """A conversation that this person has labelled or passed over, with everybody's labels.

        Raises:
            UnknownDrawError: there is none.
        """
        item = self._gold.item(self._draw.draw_id, conversation_id)
        labels = [label for label in self._labels() if label.conversation_id == conversation_id]
        mine = next((label for label in labels if label.person == self._person), None)
        if item is None or mine is None:
            raise UnknownDrawError("no such conversation that you have labelled")
        model = self._answers().get(conversation_id)
        given = {label.person: list(label.category) for label in labels if not label.skipped}
        llm = [] if model is None else list(category(model.label, model.labels))
        return {**self._shown(item, mine), "labels": given, "llm": llm}

    def rule(self, given: Given, now: datetime) -> dict[str, Any]:
        """Decide between people who disagree; only a person who has labelled the conversation, or passed over it, may.

        Raises:
            UnknownDrawError: there is no such conversation that this person has labelled.
            ConfigError: people agree, or the answer is not one of the classifier.
        """
        labels = [label for label in self._labels() if label.conversation_id == given.conversation_id]
        if not any(self._is_mine(label, given.conversation_id) for label in labels):
            raise UnknownDrawError("no such conversation that you have labelled")
        if len({label.category for label in labels if not label.skipped}) < 2:
            raise ConfigError("conversation", "this one", "is not to be decided: the people who labelled it agree")
        answer = checked_answer(self._spec, given.label, given.labels)
        self._gold.save_ruling(
            GoldRuling(
                draw_id=self._draw.draw_id,
                conversation_id=given.conversation_id,
                classifier=self._spec.id,
                label=answer.label,
                labels=answer.labels,
                person=self._person,
                decided_at=now,
            )
        )
        return {"label": answer.label, "labels": answer.labels}

    def _items(self) -> list[GoldItem]:
        return self._gold.items(self._draw.draw_id)

    def _labels(self) -> list[GoldLabel]:
        return self._gold.labels_of(self._draw.draw_id, self._spec.id)

    def _answers(self) -> dict[str, GoldAnswer]:
        latest: dict[str, GoldAnswer] = {}
        for answer in self._gold.answers(self._draw.draw_id, self._spec.id):
            latest.setdefault(answer.conversation_id, answer)
        return latest

    def _is_mine(self, label: GoldLabel, conversation_id: str) -> bool:
        return label.conversation_id == conversation_id and label.person == self._person

    def _shown(self, item: GoldItem, mine: GoldLabel | None = None) -> dict[str, Any]:
        text = text_of(self._lake, item)
        return {
            "conversation_id": item.conversation_id,
            "position": item.position,
            "shared": item.shared,
            "language": None if text is None else text.language,
            "turns": None if text is None else list(text.turns),
            "mine": None if mine is None else {"label": mine.label, "labels": mine.labels, "skipped": mine.skipped},
        }

    def _progress(self, items: Sequence[GoldItem], labels: Sequence[GoldLabel]) -> dict[str, Any]:
        """How far this person is; of conversations that go to one person, those of others are not counted."""
        mine = {label.conversation_id: label for label in labels if label.person == self._person}
        others = {label.conversation_id for label in labels if label.person != self._person and not label.skipped}
        ours = [one for one in items if one.shared or one.conversation_id in mine or one.conversation_id not in others]
        skipped = sum(1 for label in mine.values() if label.skipped)
        return {"done": len(mine), "of": len(ours), "skipped": skipped}


def models_of(answers: Iterable[GoldAnswer]) -> dict[str, str]:
    """Labeller → its model, for people: an id says nothing to them."""
    return {answer.labeller: answer.model for answer in answers if answer.labeller and answer.model}


def draws_view(gold: GoldLedger, person: str) -> dict[str, Any]:
    """The latest draws with their progress by classifier, latest week first, without labels of single conversations."""
    draws = gold.draws()[::-1]
    return {"draws": [_draw_view(gold, draw, person) for draw in draws[:SHOWN_DRAWS]], "more": max(0, len(draws) - SHOWN_DRAWS)}


def _draw_view(gold: GoldLedger, draw: GoldDraw, person: str) -> dict[str, Any]:
    labels, rulings = gold.labels_of(draw.draw_id), gold.rulings_of(draw.draw_id)
    return {
        "draw_id": draw.draw_id,
        "week": draw.week,
        "run_id": draw.run_id,
        "drawn": draw.drawn,
        "population": draw.population,
        "created_at": draw.created_at,
        "created_by": draw.created_by,
        "rare": [f"{label.tag}×{label.factor:g}" for label in draw.rare],
        "classifiers": [
            _progress_of(
                classifier,
                [label for label in labels if label.classifier == classifier],
                [ruling for ruling in rulings if ruling.classifier == classifier],
                person,
            )
            for classifier in draw.classifiers
        ],
    }


def _progress_of(classifier: str, labels: Sequence[GoldLabel], rulings: Sequence[GoldRuling], person: str) -> dict[str, Any]:
    decisions = decide_each(labels, rulings).values()
    return {
        "classifier": classifier,
        "mine": sum(1 for label in labels if label.person == person),
        "gold": sum(1 for one in decisions if one.gold),
        "open": sum(1 for one in decisions if one.is_open),
        "people": len({label.person for label in labels}),
    }


def spec_of(prompts: Path, classifier: str) -> ClassifierSpec:
    """A classifier from its prompt file, read again when the file changes."""
    path = Path(find_prompt(prompts, classifier))
    return _spec(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _spec(path: Path, _stamp: int) -> ClassifierSpec:
    return load_classifier(path)
