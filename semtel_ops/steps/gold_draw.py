"""Draw conversations of a published week for people to label."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from semtel_ops.classifiers import ClassifierSpec, load_classifiers
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.conversations.sampling import KEY_DIGITS
from semtel_ops.errors import ConfigError
from semtel_ops.gold.design import allocate, draw_id_of, is_shared, parse_rare, place_of
from semtel_ops.gold.precision import ASSUMED_KAPPA, expected_precision
from semtel_ops.runs.resources import open_settled
from semtel_ops.settings import Settings
from semtel_ops.steps.gold_published import PublishedRows, answers_of, published_rows
from semtel_ops.store import sql_engine
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldDraw, GoldItem, RareLabel, Stratum
from semtel_ops.store.layout import Lake

DEFAULT_SIZE = 300
_COMMON = 0.01
"""Share above which a label is listed with its expected precision; rare labels that were named are listed always."""


def draw_gold(
    week: str,
    *,
    settings: Settings,
    by: str,
    size: int = DEFAULT_SIZE,
    classifiers: Sequence[str] | None = None,
    rare: str = "",
    salt: str | None = None,
    shared: float = 1.0,
    dry_run: bool = False,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """Draw conversations, record them with their probabilities and the model's answers, and return a manifest.

    The same arguments draw the same conversations; a draw that is on record stays as it is. With the same salt, a larger
    simple random draw has the conversations of a smaller one, and takes over their labels.

    Args:
        by: who draws.
        rare: labels to draw more often, as `gold.design.parse_rare`.
        salt: of the order of drawing; by default the same for all draws of a week.
        shared: share of the conversations that every person gets.

    Raises:
        ConfigError: the week is not published, or there is no such classifier or label.
    """
    now = datetime.fromtimestamp((clock or SystemClock()).now(), UTC)
    salt = f"gold {week}" if salt is None else salt
    with open_settled(settings) as ledger:
        rows = published_rows(Lake(settings.lake), ledger, week)
        with sql_engine.connect() as con:
            rows.read(con, "labels")
            chosen = _classifiers(con, classifiers)
            specs = load_classifiers(settings.prompts, chosen)
            labels = _rare_labels(rare, specs)
            _tag(con, chosen, labels)
            sizes = {row["stratum"]: row["n"] for row in sql_engine.records(con, _SIZES)}
            strata = allocate(sizes, size, labels)
            draw = GoldDraw(
                draw_id=draw_id_of(
                    week=week, run_id=rows.run_id, salt=salt, size=size, classifiers=chosen, rare=labels, shared=shared
                ),
                week=week, run_id=rows.run_id, salt=salt, size=size, drawn=sum(stratum.drawn for stratum in strata),
                population=sum(sizes.values()), classifiers=tuple(chosen), strata=strata, rare=labels, shared_share=shared,
                created_at=now, created_by=by,
            )  # fmt: skip
            precision = _precision(con, draw)
            items = [] if dry_run else _items(con, draw)
        gold = GoldLedger(ledger)
        is_new = gold.draw(draw.draw_id) is None
        if not dry_run and is_new:
            answers = _answers(rows, draw, items, now)
            is_new = gold.save_draw(draw, items, answers)
    return _manifest(draw, precision, is_new=is_new, dry_run=dry_run)


def _classifiers(con: sql_engine.Connection, wanted: Sequence[str] | None) -> list[str]:
    """The classifiers of a draw; by default all that the published rows have."""
    known = [row["classifier"] for row in sql_engine.records(con, _CLASSIFIERS)]
    for classifier in wanted or ():
        if classifier not in known:
            raise ConfigError("classifiers", classifier, f"did not label this week; labelled: {', '.join(known)}")
    return list(dict.fromkeys(wanted)) if wanted else known


def _rare_labels(text: str, specs: Sequence[ClassifierSpec]) -> tuple[RareLabel, ...]:
    rare = parse_rare(text)
    by_id = {spec.id: spec for spec in specs}
    for label in rare:
        spec = by_id.get(label.classifier)
        if spec is None:
            raise ConfigError("rare", label.tag, f"is of no classifier of the draw; one of: {', '.join(by_id)}")
        if label.label not in spec.label_ids:
            raise ConfigError("rare", label.tag, f"is no label of {spec.id}; one of: {', '.join(spec.label_ids)}")
    return rare


def _tag(con: sql_engine.Connection, classifiers: Sequence[str], rare: Sequence[RareLabel]) -> None:
    """Make `tagged`: each conversation once, with its stratum."""
    named = [label.classifier for label in rare] or [""]
    labels = [label.label for label in rare] or [""]
    sql_engine.sql(con, _TAGGED, classifiers=list(classifiers), rare_classifiers=named, rare_labels=labels)


def _precision(con: sql_engine.Connection, draw: GoldDraw) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for row in sql_engine.records(con, _COUNTS, classifiers=list(draw.classifiers)):
        counts.setdefault((row["classifier"], row["label"]), {})[row["stratum"]] = row["n"]
    rare = {(label.classifier, label.label) for label in draw.rare}
    expected = expected_precision(draw.strata, counts)
    return [asdict(one) for one in expected if one.share >= _COMMON or (one.classifier, one.label) in rare]


def _items(con: sql_engine.Connection, draw: GoldDraw) -> list[GoldItem]:
    by_name: dict[str, Stratum] = {stratum.name: stratum for stratum in draw.strata}
    names, numbers = list(by_name), [stratum.drawn for stratum in draw.strata]
    rows = list(sql_engine.records(con, _PICKED, salt=draw.salt, strata=names, numbers=numbers, digits=KEY_DIGITS))
    rows.sort(key=lambda row: (place_of(row["key"], by_name[row["stratum"]].probability), row["conversation_id"]))
    return [
        GoldItem(
            draw_id=draw.draw_id,
            conversation_id=row["conversation_id"],
            position=position,
            stratum=row["stratum"],
            probability=by_name[row["stratum"]].probability,
            sample_weight=row["sample_weight"],
            shard=row["shard"],
            shared=is_shared(row["conversation_id"], draw.salt, draw.shared_share),
            week=draw.week,
            run_id=draw.run_id,
        )
        for position, row in enumerate(rows)
    ]


def _answers(rows: PublishedRows, draw: GoldDraw, items: Sequence[GoldItem], now: datetime) -> list[Any]:
    return list(answers_of(rows, draw.draw_id, [item.conversation_id for item in items], draw.classifiers, now))


def _manifest(draw: GoldDraw, precision: list[dict[str, Any]], *, is_new: bool, dry_run: bool) -> dict[str, Any]:
    return {
        "draw": draw.draw_id,
        "week": draw.week,
        "run_id": draw.run_id,
        "state": "dry_run" if dry_run else "drawn" if is_new else "already_drawn",
        "drawn": draw.drawn,
        "population": draw.population,
        "classifiers": list(draw.classifiers),
        "salt": draw.salt,
        "shared": draw.shared_share,
        "strata": [{**asdict(stratum), "probability": stratum.probability} for stratum in draw.strata],
        "assumed_kappa": ASSUMED_KAPPA,
        "labels": precision,
    }


_CLASSIFIERS = "select distinct classifier from labels order by classifier"
_TAGGED = """
create table tagged as
with rare as (select unnest($rare_classifiers) as classifier, unnest($rare_labels) as label)
select l.conversation_id, min(l.shard) as shard, min(l.sample_weight) as sample_weight,
       coalesce(string_agg(distinct r.classifier || ':' || r.label, ' ' order by r.classifier || ':' || r.label), '') as stratum
from labels l left join rare r
  on r.classifier = l.classifier and l.status = 'success' and (l.label = r.label or list_contains(l.labels, r.label))
where l.classifier in (select unnest($classifiers))
group by l.conversation_id
"""
_SIZES = "select stratum, count(*) as n from tagged group by stratum order by stratum"
_PICKED = """
with wanted as (select unnest($strata) as stratum, unnest($numbers) as drawn),
keyed as (select *, substr(md5($salt || conversation_id), 1, $digits) as key from tagged),
ranked as (select *, row_number() over (partition by stratum order by key, conversation_id) as place from keyed)
select r.conversation_id, r.shard, r.sample_weight, r.stratum, r.key
from ranked r join wanted w on w.stratum = r.stratum where r.place <= w.drawn
"""
# Where several labels apply each counts; a rubric's `labels` are its items, and its verdict counts.
_COUNTS = """
with given as (
  select conversation_id, classifier,
         unnest(case when list_contains(labels, label) then list_distinct(labels) else [label] end) as label
  from labels where status = 'success' and classifier in (select unnest($classifiers))
)
select g.classifier, g.label, t.stratum, count(*) as n from given g join tagged t on t.conversation_id = g.conversation_id
group by g.classifier, g.label, t.stratum order by g.classifier, g.label, t.stratum
"""
