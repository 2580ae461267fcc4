"""Numbers, amounts and times as people read them: on pages, in alerts, in logs and on the command line.

One function per kind of quantity. None means that the value is unknown; it is never shown as 0. Not for text that programs read
back (JSON, SQL, file names).
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

UNKNOWN = "–"
MINUS = "−"

_CENT = 0.01
_LEAST_USD = 0.000_001
"""Smallest amount shown in full: about what one short request to the cheapest model costs."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def number(value: float | None) -> str:
    """1234.4 → 1,234."""
    if value is None:
        return UNKNOWN
    shown = f"{abs(value):,.0f}"
    return f"{MINUS}{shown}" if value < 0 and shown != "0" else shown


def count(n: int, noun: str, plural: str | None = None) -> str:
    """1 row; 1,234 rows; with `plural` for a noun that does not just add an s: 2 replies."""
    return f"{number(n)} {noun if n == 1 else plural or f'{noun}s'}"


def tally(counts: Mapping[str, int]) -> str:
    """{"success": 1200, "refused": 3, "error": 0} → 1,200 success, 3 refused. "none" where every count is 0."""
    return ", ".join(f"{number(n)} {words(name)}" for name, n in counts.items() if n) or "none"


def listed(names: Sequence[str]) -> str:
    """`topic, tone and intent`; at least one name."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def compact(value: float | None) -> str:
    """1234567 → 1.23M, to three significant digits; up to 9,999 in full."""
    if value is None or abs(value) < 10_000:
        return number(value)
    rounded = float(f"{abs(value):.3g}")
    size, unit = next((size, unit) for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")) if rounded >= size)
    scaled = rounded / size
    shown = f"{scaled:.{max(0, 2 - math.floor(math.log10(scaled)))}f}{unit}"
    return f"{MINUS}{shown}" if value < 0 else shown


def quantity(value: float) -> str:
    """98.53 → 98.5; 24.0 → 24; 2000000.0000001 → 2.00M: three significant digits, whole numbers without decimals."""
    if abs(value) >= 1000 or math.isclose(value, round(value), abs_tol=1e-9):
        return compact(value)
    return f"{value:.3g}".replace("-", MINUS)


def percent(share: float | None, digits: int = 1) -> str:
    """0.1234 → 12.3%. A share that rounds to 0% or 100% without being it is shown as <0.1% or >99.9%."""
    if share is None:
        return UNKNOWN
    if share < 0:
        return f"{MINUS}{percent(-share, digits)}"
    value, least = 100 * share, 10.0**-digits
    if 0 < value < least:
        return f"<{least:.{digits}f}%"
    if 100 - least < value < 100:
        return f">{100 - least:.{digits}f}%"
    return f"{value:.{digits}f}%"


def interval(low: float, high: float) -> str:
    """Two shares as percentages, without the percent sign: 29.8–32.6."""
    return f"{100 * low:.1f}–{100 * high:.1f}"


def with_interval(share: float, low: float, high: float, n: int) -> str:
    """34.1% (95% CI 29.8–38.6, n = 120)."""
    return f"{percent(share)} (95% CI {interval(low, high)}, n = {number(n)})"


def points(difference: float) -> str:
    """A difference of shares in percentage points, with its sign: 0.021 → +2.1."""
    return f"{100 * difference:+.1f}".replace("-", MINUS)


def coefficient(value: float | None) -> str:
    """A coefficient of agreement, from −1 to 1: −0.04; 0.60."""
    return UNKNOWN if value is None else f"{value:.2f}".replace("-", MINUS)


def money(usd: float | None) -> str:
    """$1,234; $0.42; $0.0042: amounts below 10 cents to two significant digits. None is "unknown", not $0."""
    if usd is None:
        return "unknown"
    if usd < 0:
        return f"{MINUS}{money(-usd)}"
    if round(usd, 2) >= 1000:
        return f"${usd:,.0f}"
    if usd == 0 or usd >= 10 * _CENT:
        return f"${usd:.2f}"
    if usd < _LEAST_USD:
        return f"<${_LEAST_USD:f}"
    digits = f"{usd:.{1 - math.floor(math.log10(usd))}f}".rstrip("0")
    whole, cents = digits.split(".")
    return f"${whole}.{cents:0<2}"


def estimate(usd: float | None) -> str:
    """A forecast of cost, as the last item of a list: about $0.42; cost unknown."""
    return "cost unknown" if usd is None else f"about {money(usd)}"


def duration(seconds: float | None) -> str:
    """A measured time: 350 ms; 4.2 s; 5 s; 42 s; 3 min 20 s; 2 h 5 min; 3 days 4 h."""
    if seconds is None:
        return UNKNOWN
    if seconds < 0:
        return f"{MINUS}{duration(-seconds)}"
    if round(seconds, 3) < 1:
        return "0 s" if seconds == 0 else f"{1000 * seconds:.0f} ms" if seconds >= 0.001 else "<1 ms"
    if round(seconds, 1) < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return _two_units(whole, (_MINUTE, "min"), (1, "s"))
    if whole < 2 * _DAY:
        return _two_units(whole, (_HOUR, "h"), (_MINUTE, "min"))
    return _two_units(whole, (_DAY, "days"), (_HOUR, "h"))


def rough_duration(seconds: float) -> str:
    """An estimated time, in one unit: 42 s; 12 min; 1.7 h; 2.5 days."""
    if seconds < 0:
        return f"{MINUS}{rough_duration(-seconds)}"
    size, unit = next(
        (size, unit)
        for size, unit, least in ((_DAY, "days", 2 * _DAY), (_HOUR, "h", _HOUR), (_MINUTE, "min", _MINUTE), (1, "s", 0))
        if seconds >= least
    )
    digits = 0 if size < _HOUR else 1
    return f"{seconds / size:.{digits}f}".removesuffix(".0") + f" {unit}"


def _two_units(seconds: int, larger: tuple[int, str], smaller: tuple[int, str]) -> str:
    n_larger, rest = divmod(seconds, larger[0])
    n_smaller = rest // smaller[0]
    return f"{n_larger} {larger[1]} {n_smaller} {smaller[1]}" if n_smaller else f"{n_larger} {larger[1]}"


def size(n_bytes: int) -> str:
    """1 byte; 512 bytes; 1.5 KiB; 32 MiB."""
    if n_bytes < 1024:
        return count(n_bytes, "byte")
    power = min(4, (n_bytes.bit_length() - 1) // 10)
    return f"{n_bytes / 1024**power:,.1f}".removesuffix(".0") + f" {'KMGT'[power - 1]}iB"


def date(value: datetime) -> str:
    """5 November 2026."""
    return f"{value.day} {value:%B %Y}"


def date_time(value: datetime | None) -> str:
    """5 Nov 2026, 14:05 UTC. The value must be in UTC: it is not converted."""
    return UNKNOWN if value is None else f"{value.day} {value:%b %Y, %H:%M} UTC"


def date_range(first: datetime, last: datetime) -> str:
    """16–22 November 2026; 28 September – 4 October 2026. Both days are included."""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{date(last)}"
    start = f"{first.day} {first:%B}" if first.year == last.year else date(first)
    return f"{start} – {date(last)}"


def words(identifier: str) -> str:
    """invalid_output → invalid output."""
    return identifier.replace("_", " ").strip()


def title(identifier: str) -> str:
    """user_expertise → User expertise; cost_per_conversation_usd → Cost per conversation, USD."""
    spaced = words(identifier)
    spaced = f"{spaced[:-4]}, USD" if spaced.endswith(" usd") else spaced
    return spaced[:1].upper() + spaced[1:]
