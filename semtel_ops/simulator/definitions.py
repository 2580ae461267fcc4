"""What the options mean, read from the prompt: lines of the form `- <label_id>: <definition>`."""

import re
from dataclasses import dataclass
from math import log, sqrt

from semtel_ops.simulator.stemming import telling_stems

_LINE = re.compile(r"^- ([^\s:`*][^:\n]{0,99}): (\S[^\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """Definition lines that stand together, and the text that leads to them."""

    heading: str
    lines: dict[str, str]


def read_blocks(system: str) -> list[Block]:
    """Runs of definition lines in the order they stand; any other text between two lines starts a new run."""
    blocks: list[Block] = []
    end = 0
    for found in _LINE.finditer(system):
        between = system[end : found.start()]
        if not blocks or between.strip() or found[1] in blocks[-1].lines:
            blocks.append(Block(heading=between.casefold(), lines={}))
        blocks[-1].lines[found[1]] = found[2]
        end = found.end()
    return blocks


def define(options: list[str], blocks: list[Block], path: tuple[str, ...], about: dict[str, str]) -> list[str]:
    """The definition of each option: from the block that fits the options best, else `about`, else the word itself.

    Where several blocks fit alike (two classifiers may share a scale), the one whose heading names a key of `path` is
    taken, then the first.
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
    """Which stems speak for which option, and how much: rare among the definitions weighs more."""

    def __init__(self, definitions: list[str]) -> None:
        self.size = len(definitions)
        words = [telling_stems(definition) for definition in definitions]
        spread: dict[str, int] = {}
        for one in words:
            for word in one:
                spread[word] = spread.get(word, 0) + 1
        weight = {word: log((1 + self.size) / count) for word, count in spread.items()}
        self.postings: dict[str, list[tuple[int, float]]] = {}
        for position, one in enumerate(words):
            for word in one:
                self.postings.setdefault(word, []).append((position, weight[word]))
        self.total = [sum(weight[word] for word in one) or 1.0 for one in words]
        # Long definitions meet more words by chance: divide by the length of the weight vector, as a cosine does.
        self.length = [sqrt(sum(weight[word] ** 2 for word in one)) or 1.0 for one in words]

    def met(self, asked: set[str], answered: set[str]) -> list[float]:
        """Weight met in each definition; what the user said counts in full, what others said by half."""
        met = [0.0] * self.size
        for word in self.postings.keys() & asked:
            for position, weight in self.postings[word]:
                met[position] += weight
        for word in self.postings.keys() & answered:
            if word not in asked:
                for position, weight in self.postings[word]:
                    met[position] += weight / 2
        return met
