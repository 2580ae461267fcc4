"""How fast text is counted, compressed and truncated, beside tiktoken's own encode_ordinary on the same text in the same run.

    python tests/benchmarks/bench_tokens.py

Read the ratios: megabytes a second depend on the machine and on who else is using it.

Baseline, 2026-11-23, 2 cores, Python 3.11.7, tiktoken 0.14.0; encode_ordinary 33-39 MB/s on these texts; x encode:

    conversations of            4 x 500    10 x 4,000    1 x 4,000,000 characters
    count                          1.01          0.92    1.14
    prefix 512                      119          0.65    826
    suffix 512                      118          0.58    799
    truncate turns 3,000             32          0.85    0.92
    compress by rules              0.48          0.51    0.94
    prepare (both)                 0.46          0.29    0.45

Short texts are not tokenised at all; what is cut is tokenised once as a whole, to say how much is gone.
"""

import random
import time
from collections.abc import Callable

from semtel_ops.conversations.model import Role, Turn
from semtel_ops.extensions import TRUNCATION_STRATEGIES
from semtel_ops.settings import TokensConfig
from semtel_ops.shards.prepared import prepare_turns
from semtel_ops.tokens import TiktokenCounter, truncate
from semtel_ops.tokens.encodings import load_encoding
from semtel_ops.tokens.rules import RuleCompressor

_WORDS = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "you",
    "that",
    "it",
    "he",
    "was",
    "for",
    "on",
    "are",
    "as",
    "with",
    "his",
    "they",
    "at",
    "be",
    "this",
    "have",
    "from",
    "or",
    "one",
    "had",
    "by",
    "word",
    "but",
    "not",
    "what",
    "all",
    "were",
    "we",
    "when",
    "your",
    "can",
    "said",
    "there",
    "use",
    "an",
    "each",
    "which",
    "she",
    "do",
    "how",
    "their",
    "if",
    "will",
    "up",
    "other",
    "about",
    "out",
    "many",
    "then",
    "them",
    "these",
    "function",
    "return",
    "variable",
    "dataset",
    "customer",
    "however",
    "therefore",
    "please",
    "explain",
    "the",
    "difference",
    "between",
    "several",
    "approaches",
]
_ROUNDS = 3


def _text(rng: random.Random, chars: int) -> str:
    words: list[str] = []
    left = chars
    while left > 0:
        sentence = " ".join(rng.choices(_WORDS, k=rng.randint(5, 20))).capitalize() + rng.choice([". ", "? ", ".\n", ".\n\n"])
        words.append(sentence)
        left -= len(sentence)
    return "".join(words)[:chars]


def _conversation(rng: random.Random, turns: int, chars: int) -> tuple[Turn, ...]:
    return tuple(Turn(Role.USER if n % 2 == 0 else Role.ASSISTANT, _text(rng, chars)) for n in range(turns))


def _megabytes_per_second(size: int, work: Callable[[], object]) -> float:
    """The best of a few rounds, in CPU time."""
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return size / 1e6 / best


def main() -> None:
    rng = random.Random(7)
    counter, compressor, config = TiktokenCounter(), RuleCompressor(), TokensConfig()
    encode = load_encoding().encode_ordinary
    corpora = {
        "2,000 of 4 x 500 characters": [_conversation(rng, 4, 500) for _ in range(2_000)],
        "100 of 10 x 4,000 characters": [_conversation(rng, 10, 4_000) for _ in range(100)],
        "1 of 1 x 4,000,000 characters": [_conversation(rng, 1, 4_000_000)],
    }
    print(f"{'corpus':31} {'what':24} {'MB/s':>8} {'x encode':>9}")
    for name, corpus in corpora.items():
        texts = [turn.content for turns in corpus for turn in turns]
        size = sum(map(len, texts))
        plain = _megabytes_per_second(size, lambda texts=texts: [len(encode(text)) for text in texts])
        jobs: dict[str, Callable[[], object]] = {
            "count": lambda texts=texts: [counter.count(text) for text in texts],
            "fits 3,000": lambda texts=texts: [counter.fits(text, 3_000) for text in texts],
            "prefix 512": lambda texts=texts: [counter.prefix(text, 512) for text in texts],
            "suffix 512": lambda texts=texts: [counter.suffix(text, 512) for text in texts],
            "compress by rules": lambda corpus=corpus: [compressor.compress(turns) for turns in corpus],
            "prepare (both)": lambda corpus=corpus: [prepare_turns(turns, config, counter, compressor) for turns in corpus],
        }
        for strategy in TRUNCATION_STRATEGIES.names():
            jobs[f"truncate {strategy} 3,000"] = lambda corpus=corpus, strategy=strategy: [
                truncate(turns, 3_000, strategy, counter) for turns in corpus
            ]
        print(f"{name:31} {'encode_ordinary':24} {plain:8.1f} {1:9.2f}")
        for what, work in jobs.items():
            speed = _megabytes_per_second(size, work)
            print(f"{name:31} {what:24} {speed:8.1f} {speed / plain:9.2f}")


if __name__ == "__main__":
    main()
