"""Definitions of the options, read from the prompt: lines of the form `- <label_id>: <definition>`."""

import re
from dataclasses import dataclass
from math import log, sqrt

from semtel_ops.simulator.stemming import content_stems

_LINE = re.compile(r"^- ([^\s:`*][^:\n]{0,99}): (\S[^\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive definition lines (option → definition), and the text before them in lower case."""

    heading: str
    lines: dict[str, str]


def read_blocks(system: str) -> list[Block]:
    """The blocks of definition lines in the prompt's order; other text, or a repeated option, starts a new block."""
    blocks: list[Block] = []
    end = 0
    for line in _LINE.finditer(system):
        between = system[end : line.start()]
        if not blocks or between.strip() or line[1] in blocks[-1].lines:
            blocks.append(Block(heading=between.casefold(), lines={}))
        blocks[-1].lines[line[1]] = line[2]
        end = line.end()
    return blocks


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a list of options stands in a request.

    Attributes:
        names: names that its classifier may have; empty where the request names none.
        system: the instruction.
    """

    names: tuple[str, ...] = ()
    system: str = ""

    @property
    def rest(self) -> str:
        """The instruction without lines of definitions."""
        return _LINE.sub("", self.system)


UNASKED = Asked()
_MEMBER = re.compile(r"[a-z]{0,2}\d+")
"""Keys of packed conversations."""


def classifier_names(path: tuple[str, ...], schema_name: str) -> tuple[str, ...]:
    """Names that may be those of the classifier: keys of a schema that are not of a conversation or an answer, and its name."""
    keys = tuple(key for key in path if key not in {"", "label", "labels"} and not _MEMBER.fullmatch(key))
    return (*keys, schema_name) if schema_name else keys


def define(options: list[str], blocks: list[Block], path: tuple[str, ...], about: dict[str, str]) -> list[str]:
    """The definition of each option: from the block with the most of the options, else from `about`, else only the option.

    Of several such blocks (two classifiers may use the same scale), the block whose heading contains a key of `path` is used,
    then the first block.
    """
    wanted = set(options)
    names = [spelling for key in path for spelling in {key.casefold(), key.casefold().replace("_", " ")}]

    def fit(block: Block) -> tuple[int, int]:
        return len(wanted & block.lines.keys()), sum(name in block.heading for name in names)

    ranked = sorted(blocks, key=fit, reverse=True)
    return [
        next((f"{option} {block.lines[option]}" for block in ranked if option in block.lines), "")
        or f"{option} {about.get(option, '')}"
        for option in options
    ]


class Index:
    """An inverted index of the stems in the options' definitions; rare stems weigh more (inverse document frequency).

    Attributes:
        postings: stem → (position of a definition with it, weight).
        total: sum of the weights of each definition.
        length: length of the weight vector of each definition.
    """

    def __init__(self, definitions: list[str]) -> None:
        self.size = len(definitions)
        stem_sets = [content_stems(definition) for definition in definitions]
        counts: dict[str, int] = {}
        for stem_set in stem_sets:
            for word in stem_set:
                counts[word] = counts.get(word, 0) + 1
        weight = {word: log((1 + self.size) / count) for word, count in counts.items()}
        self.postings: dict[str, list[tuple[int, float]]] = {}
        for position, stem_set in enumerate(stem_sets):
            for word in stem_set:
                self.postings.setdefault(word, []).append((position, weight[word]))
        self.total = [sum(weight[word] for word in stem_set) or 1.0 for stem_set in stem_sets]
        # Long definitions match more words by chance: scores are divided by this length, as in a cosine.
        self.length = [sqrt(sum(weight[word] ** 2 for word in stem_set)) or 1.0 for stem_set in stem_sets]

    def matched_weight(self, user_stems: set[str], other_stems: set[str]) -> list[float]:
        """Matched weight of each definition: stems of the user in full, stems that only occur in other turns by half."""
        matched = [0.0] * self.size
        for word in self.postings.keys() & user_stems:
            for position, weight in self.postings[word]:
                matched[position] += weight
        for word in self.postings.keys() & other_stems:
            if word not in user_stems:
                for position, weight in self.postings[word]:
                    matched[position] += weight / 2
        return matched
