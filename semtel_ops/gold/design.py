"""The design of a draw: how many conversations of each stratum, so that every probability is exactly known.

Without rare labels there is one stratum: a simple random sample without replacement, n of N, probability n / N. With rare
labels, conversations with the same rare labels are a stratum, of which a simple random sample is drawn: probability
n_h / N_h. A conversation with several rare labels is in one stratum only, so no probabilities have to be combined. The
labels of the strata are those of the model, which are known for every conversation before people label any (stratification by
an auxiliary variable: W. G. Cochran, *Sampling Techniques*, 3rd ed. 1977, §5.1–5.9).
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence

from semtel_ops.errors import ConfigError
from semtel_ops.store.gold_rows import RareLabel, Stratum

_RARE = re.compile(r"([a-z][a-z0-9_]*):([a-z][a-z0-9_]*)=(\d+(?:\.\d+)?)")
_KEY_SPACE = 16.0**16
LARGEST_FACTOR = 1_000.0


def parse_rare(text: str) -> tuple[RareLabel, ...]:
    """Rare labels such as `topic:health=5,task_complexity:create=3`.

    Raises:
        ConfigError: a part has another form, a factor is not above 1, or a label is there twice.
    """
    found: dict[str, RareLabel] = {}
    for part in filter(None, (word.strip() for word in text.split(","))):
        match = _RARE.fullmatch(part)
        if match is None or not 1 < float(match[3]) <= LARGEST_FACTOR:
            raise ConfigError("rare", part, "must be CLASSIFIER:LABEL=FACTOR with a factor above 1, such as topic:health=5")
        rare = RareLabel(match[1], match[2], float(match[3]))
        if rare.tag in found:
            raise ConfigError("rare", part, "is there twice; give one factor for each label")
        found[rare.tag] = rare
    return tuple(found.values())


def allocate(sizes: Mapping[str, int], size: int, rare: Sequence[RareLabel] = ()) -> tuple[Stratum, ...]:
    """Divide a draw among strata, in the order of their names: n_h = c · F_h · N_h, at most N_h and at least 1.

    F_h is the largest factor of the stratum's rare labels, and 1 without any; c makes the sum `size`. Fractions are rounded
    to the sum by the largest remainders. A draw that is larger than the population takes all of it.

    Args:
        sizes: name of the stratum → its conversations, at least 1 each; a name lists its rare labels, separated by spaces.

    Raises:
        ConfigError: there are more strata than conversations to draw.
    """
    factors = {label.tag: label.factor for label in rare}
    names = sorted(sizes)
    if len(names) > size:
        fix = (
            f"is too small for {len(names)} combinations of rare labels; draw at least {len(names)}, or name fewer rare labels"
        )
        raise ConfigError("size", size, fix)
    size = min(size, sum(sizes.values()))
    wanted = {name: sizes[name] * max((factors[tag] for tag in name.split()), default=1.0) for name in names}
    drawn: dict[str, float] = {}
    while open_names := [name for name in names if name not in drawn]:
        scale = (size - sum(drawn.values())) / sum(wanted[name] for name in open_names)
        full = [name for name in open_names if scale * wanted[name] >= sizes[name]]
        if not full:
            drawn |= {name: scale * wanted[name] for name in open_names}
        drawn |= {name: float(sizes[name]) for name in full}
    return tuple(Stratum(name, sizes[name], n) for name, n in _rounded(drawn, sizes, size).items())


def _rounded(drawn: Mapping[str, float], sizes: Mapping[str, int], size: int) -> dict[str, int]:
    whole = {name: max(1, int(n + 1e-9)) for name, n in drawn.items()}
    by_remainder = sorted(drawn, key=lambda name: (whole[name] - drawn[name], name))
    while (left := size - sum(whole.values())) != 0:
        step = 1 if left > 0 else -1
        order = by_remainder if step > 0 else by_remainder[::-1]
        for name in [name for name in order if 1 <= whole[name] + step <= sizes[name]][: abs(left)]:
            whole[name] += step
    return {name: whole[name] for name in sorted(whole)}


def place_of(key: str, probability: float) -> float:
    """Where a drawn conversation stands in the order of labelling, 0 to 1.

    A stratum's drawn conversations have the lowest keys of it, evenly spread up to its probability. Divided by that, they are
    spread alike in all strata, so that the first part of the order is a random sample with the same design.

    Args:
        key: 16 hex digits, as `conversations.sampling.sample_key`.
    """
    return int(key, 16) / _KEY_SPACE / probability


def draw_id_of(
    *, week: str, run_id: str, salt: str, size: int, classifiers: Sequence[str], rare: Sequence[RareLabel], shared: float
) -> str:
    """The id of a draw: the week and eight hex digits that change with everything that decides the draw."""
    decided = [run_id, salt, size, sorted(classifiers), sorted([label.tag, label.factor] for label in rare), shared]
    digest = hashlib.blake2b(json.dumps(decided).encode(), digest_size=4).hexdigest()
    return f"{week}-{digest}"


def is_shared(conversation_id: str, salt: str, share: float) -> bool:
    """Whether every person gets a conversation: a hash of the id, independent of the order of drawing."""
    digest = hashlib.md5(f"people|{salt}|{conversation_id}".encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return int(digest[:16], 16) < share * _KEY_SPACE
