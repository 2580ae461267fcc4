"""Columns of the ledger's tables: each is declared with what it means, its unit, and the meaning of null."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, cast

from sqlalchemy import Column, DateTime, Float, Integer, MetaData, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from semtel_ops.store.description import Description

metadata = MetaData()
"""All tables of the ledger."""

EPOCH: Final = "seconds since 1970, UTC"
_DESCRIPTION: Final = "semtel.description"


class UtcDateTime(TypeDecorator[datetime]):
    """Timezone-aware datetimes; SQLite, which does not store time zones, stores them in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the ledger takes datetimes with a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def column(
    name: str,
    kind: TypeEngine[Any] | type[TypeEngine[Any]],
    text: str,
    *,
    unit: str = "",
    null: str | None = None,
    values: Iterable[str] = (),
    key: bool = False,
) -> Column[Any]:
    """A column; nullable if `null` gives the meaning of null, and part of the primary key if `key`."""
    description: Description = {"text": text, "unit": unit, "null": null, "values": list(values)}
    return Column(name, kind, primary_key=key, nullable=null is not None, info={_DESCRIPTION: description})


def key(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], text: str, *, values: Iterable[str] = ()) -> Column[Any]:
    """A column of the primary key."""
    return column(name, kind, text, values=values, key=True)


def describe_column(of: Column[Any]) -> Description:
    """The description of a column of these tables."""
    return cast("Description", of.info[_DESCRIPTION])


def week(text: str = "ISO week, such as 2026-W47.", *, key: bool = True) -> Column[Any]:
    """The column `week`; `key`: whether it is part of the primary key."""
    return column("week", String(8), text, key=key)


def run_id(text: str = "The run.", *, key: bool = True) -> Column[Any]:
    """The column `run_id`; `key` as in `week`."""
    return column("run_id", String(250), text, key=key)


def shard_number(*, key: bool = True) -> Column[Any]:
    """The column `shard`; `key` as in `week`."""
    return column("shard", Integer, "Number of the shard, from 0.", key=key)


def shares(of: str) -> list[Column[Any]]:
    """Columns of a published share with its interval; `of`: what `total_n` counts."""
    return [
        column("n", Integer, "Conversations with this label.", unit="conversations"),
        column("total_n", Integer, of, unit="conversations"),
        column(
            "effective_n",
            Float,
            "Kish's effective sample size: `total_n`, reduced by the variance of the weights.",
            unit="conversations",
        ),
        column("weight", Float, "Conversations of the population with this label, estimated by weights.", unit="conversations"),
        column("share", Float, "Weighted share, 0 to 1."),
        column("low", Float, "Lower end of its 95% Wilson interval."),
        column("high", Float, "Upper end."),
    ]


def corrected_share() -> list[Column[Any]]:
    """Columns of a share that labels by people have corrected."""
    none = "there is no correction: see `corrected_note`"
    return [
        column("share_corrected", Float, "Share estimated from labels by the model and by people, 0 to 1.", null=none),
        column("corrected_low", Float, "Lower end of its 95% interval, which includes labelling error.", null=none),
        column("corrected_high", Float, "Upper end.", null=none),
        column("corrected_n", Integer, "Conversations labelled by people that it rests on.", unit="conversations", null=none),
        column(
            "corrected_method",
            String(16),
            "Estimator: `two_phase` for people's labels of this week; the others for those of other weeks of the labeller.",
            null=none,
            values=("two_phase", "rogan_gladen", "matrix"),
        ),
        column("corrected_note", Text, "What the interval covers, or why there is no correction.", null="not examined"),
    ]
