"""Gold labels in the ledger: draws, what people and models said about them, and the rows that estimates are made of."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from semtel_ops.store import gold_tables as tables
from semtel_ops.store.gold_rows import (
    Decision,
    GoldAnswer,
    GoldDraw,
    GoldItem,
    GoldLabel,
    GoldRow,
    GoldRuling,
    RareLabel,
    Stratum,
    category,
    decide_each,
)
from semtel_ops.store.ledger import Ledger, upsert
from semtel_ops.store.ledger_outage import replayed

_IN_A_STATEMENT = 500


class GoldLedger:
    """The gold labels of a ledger. Does not close the ledger. Memory: one draw and one classifier at a time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    # Draws

    @replayed
    def save_draw(self, draw: GoldDraw, items: Sequence[GoldItem], answers: Sequence[GoldAnswer]) -> bool:
        """Record a draw, and return whether it is new; one that is there stays as it is.

        Labels that people gave the same conversations in earlier draws of the week are copied, so nobody labels twice.
        """
        with self._ledger.write() as connection:
            if connection.execute(select(tables.gold_draw.c.draw_id).where(_of(tables.gold_draw, draw.draw_id))).first():
                return False
            connection.execute(insert(tables.gold_draw), [_draw_row(draw)])
            for some in _chunks(items):
                connection.execute(insert(tables.gold_item), [asdict(item) for item in some])
            for answered in _chunks(answers):
                connection.execute(insert(tables.gold_answer), [_listed(answer) for answer in answered])
            for table in (tables.gold_label, tables.gold_ruling):
                _copy_earlier(connection, table, draw)
        return True

    @replayed
    def draws(self, week: str | None = None) -> list[GoldDraw]:
        """All draws, optionally of a week, by week and time."""
        table = tables.gold_draw
        query = select(table).order_by(table.c.week, table.c.created_at, table.c.draw_id)
        if week is not None:
            query = query.where(table.c.week == week)
        with self._ledger.read() as connection:
            return [_draw(row) for row in connection.execute(query).mappings()]

    @replayed
    def draw(self, draw_id: str) -> GoldDraw | None:
        """A draw; None if there is none."""
        with self._ledger.read() as connection:
            row = connection.execute(select(tables.gold_draw).where(_of(tables.gold_draw, draw_id))).mappings().one_or_none()
        return None if row is None else _draw(row)

    @replayed
    def items(self, draw_id: str) -> list[GoldItem]:
        """The conversations of a draw, in the order in which people get them."""
        query = select(tables.gold_item).where(_of(tables.gold_item, draw_id)).order_by(tables.gold_item.c.position)
        with self._ledger.read() as connection:
            return [GoldItem(**row) for row in connection.execute(query).mappings()]

    @replayed
    def item(self, draw_id: str, conversation_id: str) -> GoldItem | None:
        """A conversation of a draw; None if it was not drawn."""
        table = tables.gold_item
        query = select(table).where(_of(table, draw_id), table.c.conversation_id == conversation_id)
        with self._ledger.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else GoldItem(**row)

    # What the model said

    @replayed
    def save_answers(self, answers: Sequence[GoldAnswer]) -> None:
        """Record answers of a published run, in place of those recorded for it before."""
        with self._ledger.write() as connection:
            for some in _chunks(answers):
                upsert(connection, tables.gold_answer, [_listed(answer) for answer in some])

    @replayed
    def answers(self, draw_id: str, classifier: str) -> list[GoldAnswer]:
        """What models said about the conversations of a draw, latest first."""
        table = tables.gold_answer
        query = select(table).where(_of(table, draw_id), table.c.classifier == classifier)
        with self._ledger.read() as connection:
            rows = connection.execute(query.order_by(table.c.recorded_at.desc(), table.c.run_id)).mappings()
            return [GoldAnswer(**_unlisted(row)) for row in rows]

    # What people said

    @replayed
    def save_labels(self, labels: Sequence[GoldLabel]) -> None:
        """Record labels in one transaction; a label replaces that of the same person for the same conversation."""
        with self._ledger.write() as connection:
            for some in _chunks(labels):
                upsert(connection, tables.gold_label, [_listed(label) for label in some])

    @replayed
    def labels_of(self, draw_id: str, classifier: str | None = None) -> list[GoldLabel]:
        """Labels of all people, skips too, by position and person; by default of all classifiers."""
        return [GoldLabel(**row) for row in self._by_position(tables.gold_label, draw_id, classifier)]

    @replayed
    def save_ruling(self, ruling: GoldRuling) -> None:
        """Record a decision between people, in place of an earlier one."""
        with self._ledger.write() as connection:
            upsert(connection, tables.gold_ruling, [_listed(ruling)])

    @replayed
    def rulings_of(self, draw_id: str, classifier: str | None = None) -> list[GoldRuling]:
        """Decisions between people, by position; by default of all classifiers."""
        return [GoldRuling(**row) for row in self._by_position(tables.gold_ruling, draw_id, classifier)]

    def _by_position(self, table: Any, draw_id: str, classifier: str | None) -> list[dict[str, Any]]:
        item = tables.gold_item
        same = (item.c.draw_id == table.c.draw_id) & (item.c.conversation_id == table.c.conversation_id)
        query = select(table).join(item, same).where(_of(table, draw_id))
        if classifier is not None:
            query = query.where(table.c.classifier == classifier)
        with self._ledger.read() as connection:
            rows = connection.execute(query.order_by(item.c.position, table.c.person)).mappings()
            return [_unlisted(row) for row in rows]

    def decisions(self, draw_id: str, classifier: str) -> dict[str, Decision]:
        """Conversation → gold label, for conversations that somebody labelled, by position."""
        return decide_each(self.labels_of(draw_id, classifier), self.rulings_of(draw_id, classifier))

    # Rows for estimates

    def labels(
        self,
        classifier: str,
        *,
        week: str | None = None,
        labeller: str | None = None,
        run_id: str | None = None,
        draw_id: str | None = None,
    ) -> Iterator[GoldRow]:
        """Conversations with a gold label of a classifier, week by week, with what the model said about each.

        Of several draws of a week, the one with the most gold labels counts, then the latest: rows of two draws would have
        probabilities that are not known. Conversations that people skipped, or disagree about, have none.

        Args:
            week: only conversations of this week.
            labeller: only answers of this labeller; conversations without one are left out.
            run_id: only answers of this published run; conversations without one are left out. Without a labeller and a run,
                the answer that was recorded last.
            draw_id: only this draw, whether or not it counts for its week.
        """
        for draw, decisions in self._counting_draws(classifier, week, draw_id):
            answers: dict[str, GoldAnswer] = {}
            for answer in self.answers(draw.draw_id, classifier):
                if labeller in (None, answer.labeller) and run_id in (None, answer.run_id):
                    answers.setdefault(answer.conversation_id, answer)
            yield from _rows(draw, classifier, self.items(draw.draw_id), decisions, answers, every=not (labeller or run_id))

    def _counting_draws(
        self, classifier: str, week: str | None, draw_id: str | None
    ) -> Iterator[tuple[GoldDraw, dict[str, Decision]]]:
        by_week: dict[str, list[GoldDraw]] = defaultdict(list)
        for draw in self.draws(week):
            if draw_id in (None, draw.draw_id):
                by_week[draw.week].append(draw)
        for draws in by_week.values():
            found = [(draw, self.decisions(draw.draw_id, classifier)) for draw in draws if classifier in draw.classifiers]
            if found:
                yield max(found, key=lambda pair: (sum(1 for one in pair[1].values() if one.gold), pair[0].created_at))

    @replayed
    def classifiers(self) -> list[str]:
        """Classifiers that anybody labelled by, sorted."""
        query = select(tables.gold_label.c.classifier).distinct().order_by(tables.gold_label.c.classifier)
        with self._ledger.read() as connection:
            return list(connection.execute(query).scalars())


def _rows(
    draw: GoldDraw,
    classifier: str,
    items: Sequence[GoldItem],
    decisions: Mapping[str, Decision],
    answers: Mapping[str, GoldAnswer],
    *,
    every: bool,
) -> Iterator[GoldRow]:
    """Rows of a draw; `every`: also conversations without an answer."""
    done = [item for item in items if (found := decisions.get(item.conversation_id)) is not None and found.gold]
    population = {stratum.name: stratum.population for stratum in draw.strata}
    in_stratum: dict[str, int] = defaultdict(int)
    for item in done:
        in_stratum[item.stratum] += 1
    for item in done:
        decision, answer = decisions[item.conversation_id], answers.get(item.conversation_id)
        if answer is None and not every:
            continue
        yield GoldRow(
            draw_id=draw.draw_id,
            conversation_id=item.conversation_id,
            classifier=classifier,
            week=draw.week,
            draw_run_id=draw.run_id,
            stratum=item.stratum,
            probability=in_stratum[item.stratum] / population[item.stratum],
            sample_weight=item.sample_weight,
            gold=decision.gold,
            llm=() if answer is None else category(answer.label, answer.labels),
            llm_run_id=None if answer is None else answer.run_id,
            labeller=None if answer is None else answer.labeller,
            people=decision.people,
            ruled=decision.ruled,
        )


def _of(table: Any, draw_id: str) -> Any:
    return table.c.draw_id == draw_id


def _copy_earlier(connection: Connection, table: Any, draw: GoldDraw) -> None:
    """Copy rows about conversations of a draw from earlier draws of the week; of several, the latest counts."""
    earlier, item = tables.gold_draw, tables.gold_item
    drawn = select(item.c.conversation_id).where(item.c.draw_id == draw.draw_id)
    query: Select[Any] = (
        select(table)
        .join(earlier, earlier.c.draw_id == table.c.draw_id)
        .where(
            earlier.c.week == draw.week,
            earlier.c.draw_id != draw.draw_id,
            table.c.classifier.in_(draw.classifiers),
            table.c.conversation_id.in_(drawn),
        )
        .order_by(earlier.c.created_at)
    )
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in connection.execute(query).mappings():
        copied = {**row, "draw_id": draw.draw_id}
        found[tuple(copied[column.name] for column in table.primary_key)] = copied
    for some in _chunks(list(found.values())):
        connection.execute(insert(table), some)


def _draw_row(draw: GoldDraw) -> dict[str, Any]:
    row = asdict(draw)
    design = {"strata": row.pop("strata"), "rare": row.pop("rare")}
    return {**row, "classifiers": json.dumps(draw.classifiers), "design": json.dumps(design, ensure_ascii=False)}


def _draw(row: Mapping[Any, Any]) -> GoldDraw:
    fields = dict(row)
    design = json.loads(fields.pop("design"))
    fields["classifiers"] = tuple(json.loads(fields["classifiers"]))
    strata = tuple(Stratum(**stratum) for stratum in design["strata"])
    return GoldDraw(**fields, strata=strata, rare=tuple(RareLabel(**rare) for rare in design["rare"]))


def _listed(value: GoldAnswer | GoldLabel | GoldRuling) -> dict[str, Any]:
    row = asdict(value)
    return {**row, "labels": None if value.labels is None else json.dumps(value.labels, ensure_ascii=False)}


def _unlisted(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {**row, "labels": None if row["labels"] is None else tuple(json.loads(row["labels"]))}


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[at : at + _IN_A_STATEMENT] for at in range(0, len(values), _IN_A_STATEMENT))
