"""The weeks: how many conversations of which topic, how they end, when they begin.

Scenes and endings are dealt from shuffled decks, so that weeks differ by what the story says and hardly by chance.
"""

import hashlib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any, Generic, TypeVar

from sample import pastes, people
from sample.odd import ODD, labels_of
from sample.scenes import Filler, Scene, Wording, read_scenes

SEED = 20261019
WEEKS = ("2026-W43", "2026-W44", "2026-W45", "2026-W46")
COUNTS = {
    "technology": (22, 22, 22, 44),  # the story: more of it in the last week, and let down in the one before
    "writing": (15, 16, 15, 14),
    "science": (12, 12, 13, 12),
    "lifestyle": (13, 13, 12, 12),
    "money": (9, 8, 9, 8),
    "health": (9, 9, 8, 8),
    "career": (6, 6, 6, 5),
    "entertainment": (7, 7, 7, 6),
    "history_and_law": (6, 6, 6, 5),
    "other": (2, 2, 2, 2),
}
_ENDINGS = ("satisfied",) * 3 + ("neutral",) * 3 + ("dissatisfied",)
_BAD_ENDINGS = ("satisfied", *("dissatisfied",) * 5, "neutral")
_BAD_WEEK = ("technology", "2026-W45")

_HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 17, 13, 15, 18, 18, 16, 13, 11, 12, 14, 12, 7, 3)
_WEEKDAYS = (20, 21, 20, 19, 17, 9, 11)
_FILLERS: dict[str, Filler] = {
    name: getattr(module, name)
    for module, names in (
        (people, ("person", "email", "phone", "card", "ip")),
        (pastes, ("log", "csv", "minutes", "contract", "module")),
    )
    for name in names
}
_FOLDER = Path(__file__).parent

Card = TypeVar("Card")


class Deck(Generic[Card]):
    """Deals all its cards before any card again."""

    def __init__(self, cards: Sequence[Card], rng: Random) -> None:
        self._cards = list(cards)
        self._rng = rng
        self._left: list[Card] = []

    def deal(self) -> Card:
        if not self._left:
            self._left = self._cards.copy()
            self._rng.shuffle(self._left)
        return self._left.pop()


def make_records() -> list[dict[str, Any]]:
    """All records in the order of their time: the same ones at every call."""
    rng = Random(SEED)
    scenes = [scene for path in sorted((_FOLDER / "scenarios").glob("*.txt")) for scene in read_scenes(path)]
    decks = {topic: Deck([scene for scene in scenes if scene.header[2] == topic], rng) for topic in COUNTS}
    endings = {topic: Deck(("neutral",) if topic == "other" else _ENDINGS, rng) for topic in COUNTS}
    endings_of_bad_week = Deck(_BAD_ENDINGS, rng)
    records: list[dict[str, Any]] = []
    said: set[str] = set()
    for place, week in enumerate(WEEKS):
        for topic, counts in COUNTS.items():
            for _ in range(counts[place]):
                ending = (endings_of_bad_week if (topic, week) == _BAD_WEEK else endings[topic]).deal()
                records.append(_stamped(_unlike(said, decks[topic], ending, rng), week, rng))
    records += [_stamped(odd, WEEKS[number % len(WEEKS)], rng) for number, odd in enumerate(_odd_ones())]
    _name(records)
    records += _copies(records)
    return sorted(records, key=lambda record: (record["started_at"], record["conversation_id"]))


def _unlike(said: set[str], deck: Deck[Scene], ending: str, rng: Random) -> dict[str, Any]:
    """A conversation that no other one equals; a scene with few wordings may give way to the next."""
    while True:
        record = _played(deck.deal(), ending, rng)
        text = str(record["messages"])
        if text not in said:
            said.add(text)
            return record


def _played(scene: Scene, ending: str, rng: Random) -> dict[str, Any]:
    _, language, topic, complexity, user, assistant, work, intent = scene.header
    words = Wording(rng, _FILLERS)
    # Who does not react at the end has seldom asked further: curiosity is a sign of satisfaction.
    further = len(scene.parts) - 1
    further = rng.choice((0, 0, 0, min(1, further))) if ending == "neutral" else rng.randint(0, further)
    messages = [turn for part in scene.parts[: 1 + further] for turn in words.say(part)]
    if ending != "neutral" or (rng.random() < 0.25 and topic != "other"):
        messages += words.say(rng.choice(_reactions()[language, ending]).parts[0])
    labels = labels_of(topic, (complexity, user, assistant, work, intent, ending))
    return {"language": language, "messages": messages, "labels": labels}


@cache
def _reactions() -> dict[tuple[str, str], list[Scene]]:
    found: dict[tuple[str, str], list[Scene]] = {}
    for scene in read_scenes(_FOLDER / "reactions.txt"):
        found.setdefault((scene.header[0], scene.header[1]), []).append(scene)
    return found


def _odd_ones() -> Iterator[dict[str, Any]]:
    for odd in ODD:
        messages = [
            {"role": role, "content": content} for role, content in zip(cycle(("user", "assistant")), odd.said, strict=False)
        ]
        yield {"language": "en", "messages": messages, "labels": labels_of(odd.topic, odd.judged)}


def _stamped(record: dict[str, Any], week: str, rng: Random) -> dict[str, Any]:
    """Give it a time in its week, and fields in the order in which people like to read them."""
    monday = datetime.strptime(f"{week}-1", "%G-W%V-%u").replace(tzinfo=UTC)
    day = rng.choices(range(7), _WEEKDAYS)[0]
    hour = rng.choices(range(24), _HOURS)[0]
    started = monday + timedelta(days=day, hours=hour, seconds=rng.randrange(3_600))
    head = {"conversation_id": "", "source": "semtel-sample", "started_at": f"{started:%Y-%m-%dT%H:%M:%SZ}"}
    return head | record


def _name(records: list[dict[str, Any]]) -> None:
    for number, record in enumerate(records):
        digest = hashlib.blake2b(f"{SEED}/{number}".encode(), digest_size=5).hexdigest()
        record["conversation_id"] = f"smp-{digest}"


def _copies(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two faults of recording: a record twice, and the same words under another id."""
    twice, renamed = deepcopy(records[24]), deepcopy(records[5])
    renamed["conversation_id"] += "-copy"
    return [twice, renamed]
