"""Numbers as people read them. A no-break space keeps a number and its unit together."""

import math
from datetime import datetime

from semtel_ops.evaluation.intervals import Share

NBSP = "\u00a0"
UNKNOWN = "–"


def number(value: float | None) -> str:
    """1234.4 → 1,234."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def compact(value: float | None) -> str:
    """1234567 → 1.23 M; up to 9,999 in full."""
    if value is None or abs(value) < 10_000:
        return number(value)
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size * 0.9995 or unit == "k":
            scaled = value / size
            return f"{scaled:.{max(0, 2 - int(math.log10(abs(scaled))))}f}{NBSP}{unit}"
    raise AssertionError("the last unit takes every value")


def percent(value: float | None, digits: int = 1) -> str:
    """0.1234 → 12.3 %. What is not all, or not nothing, never reads as 100 % or 0 %."""
    if value is None:
        return UNKNOWN
    shown = 100 * value
    least = 10.0**-digits
    if 0 < shown < least:
        return f"<{NBSP}{least:.{digits}f}{NBSP}%"
    if 100 - least < shown < 100:
        return f">{NBSP}{100 - least:.{digits}f}{NBSP}%"
    return f"{shown:.{digits}f}{NBSP}%"


def interval(share: Share) -> str:
    """29.8–32.6, in per cent."""
    return f"{100 * share.low:.1f}–{100 * share.high:.1f}"


def points(value: float) -> str:
    """A difference of shares in percentage points, with its sign: 0.021 → +2.1."""
    return f"{100 * value:+.1f}".replace("-", "−")


def coefficient(value: float | None) -> str:
    """−0.04; 0.60: of agreement, between −1 and 1."""
    return UNKNOWN if value is None else f"{value:.2f}".replace("-", "−")


def check_name(check_id: str) -> str:
    """cost_per_conversation_usd → Cost per conversation, USD."""
    words = check_id.replace("_", " ")
    words = f"{words[:-4]}, USD" if words.endswith(" usd") else words
    return words[:1].upper() + words[1:]


def quantity(value: float) -> str:
    """98.53 → 98.5; 24.0 → 24; 2000000.0000001 → 2.00 M: numbers that are sometimes whole."""
    return compact(value) if abs(value) >= 1000 or math.isclose(value, round(value), abs_tol=1e-9) else f"{value:.3g}"


def money(value: float | None) -> str:
    """$1,234; $0.42; $0.0042. No known price is not $0."""
    if value is None:
        return "unknown"
    if value >= 1000:
        return f"${value:,.0f}"
    return f"${value:,.2f}" if value >= 0.1 or value == 0 else f"${value:.2g}" if value >= 0.0001 else "< $0.0001"


def duration(seconds: float | None) -> str:
    """42 s; 3 min 20 s; 2 h 5 min."""
    if seconds is None:
        return UNKNOWN
    if seconds < 10:
        return f"{seconds:.1f}{NBSP}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{NBSP}s"
    if whole < 3600:
        return f"{whole // 60}{NBSP}min {whole % 60}{NBSP}s"
    return f"{whole // 3600}{NBSP}h {whole % 3600 // 60}{NBSP}min"


def milliseconds(value: float | None) -> str:
    if value is None:
        return UNKNOWN
    return f"{value:,.0f}{NBSP}ms" if value < 10_000 else f"{value / 1000:,.1f}{NBSP}s"


def day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def moment(value: datetime | None) -> str:
    return UNKNOWN if value is None else f"{value.day} {value:%b %Y, %H:%M} UTC"


def span(start: datetime, last_day: datetime) -> str:
    """16–22 November 2026; 28 September – 4 October 2026."""
    if start.month == last_day.month:
        return f"{start.day}–{day(last_day)}"
    first = f"{start.day} {start:%B}" if start.year == last_day.year else day(start)
    return f"{first} – {day(last_day)}"
