"""What sharing requests saves: requests and input tokens a conversation, by o200k_base, as the provider would bill them.

    python tests/benchmarks/bench_packing.py chats.jsonl.gz [chats.jsonl.gz …]

Baseline, 2026-11-23, o200k_base, the shipped prompts with all seven classifiers:

                                500 chats of 253 tokens          249 chats of 750 tokens (code)
     pack  combined  grader    requests   tokens    saved        requests   tokens    saved     a conversation
        1        no      no        7.00    7,618                     7.00   11,548
        5        no      no        1.40    3,475    54.4%            1.41    7,410    35.8%
       10        no      no        0.70    2,878    62.2%            0.70    6,811    41.0%
       20        no      no        0.35    2,580    66.1%            0.39    6,547    43.3%
       10        no     yes        1.40    5,694    25.2%            1.41   13,559   -17.4%
        1       yes      no        1.00    5,097    33.1%            1.00    5,658    51.0%
        5       yes      no        0.20    1,300    82.9%            0.20    1,866    83.8%
       10       yes      no        0.10      813    89.3%            0.10    1,377    88.1%
       20       yes      no        0.05      570    92.5%            0.06    1,161    89.9%
       10       yes     yes        0.20    1,640    78.5%            0.20    2,767    76.0%

Instruction, conversations and schema count. `saved` is against plain requests. The grader's rows count its request, not what is asked
again because of it: where classifiers are not combined, it sends every conversation twice for each of them, and long ones cost more
than plain requests do.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from semtel_ops.classifiers import Labelling, load_classifiers
from semtel_ops.conversations.model import content_hash
from semtel_ops.conversations.sources import Record, read_file
from semtel_ops.packing import Packer, PreparedConversation, RequestPlan
from semtel_ops.settings import PipelineConfig, Settings, TokensConfig
from semtel_ops.settings.pipeline import StrategyConfig
from semtel_ops.shards.prepared import prepare_turns
from semtel_ops.tokens import TiktokenCounter, make_compressor

_MOST = 500
_MESSAGE_TOKENS = 4
_CASES = [
    (1, False, False), (5, False, False), (10, False, False), (20, False, False), (10, False, True),
    (1, True, False), (5, True, False), (10, True, False), (20, True, False), (10, True, True),
]  # fmt: skip


def conversations(paths: Iterable[str]) -> Iterator[PreparedConversation]:
    config, counter = TokensConfig(), TiktokenCounter()
    compressor = make_compressor(config)
    for path in paths:
        for record in read_file(path, max_record_mb=64):
            if isinstance(record, Record):
                one = record.conversation
                turns = prepare_turns(one.turns, config, counter, compressor).turns
                yield PreparedConversation(one.id, content_hash(one.turns), 1.0, turns)


class Bill:
    """Input tokens of requests; what a frame says is counted once."""

    def __init__(self) -> None:
        self._counter = TiktokenCounter()
        self._frames: dict[bytes, int] = {}
        self.requests = self.tokens = 0

    def add(self, plan: RequestPlan) -> None:
        frame = plan.request.frame
        if frame.fingerprint not in self._frames:
            said = [message.content for message in frame.messages]
            schema = self._counter.count(orjson.dumps(frame.schema).decode())
            self._frames[frame.fingerprint] = schema + sum(self._counter.count(text) + _MESSAGE_TOKENS for text in said)
        self.requests += 1
        self.tokens += self._frames[frame.fingerprint] + self._counter.count(plan.request.text) + _MESSAGE_TOKENS


def main(paths: list[str]) -> None:
    prompts = Path(Settings().include) / "prompts"
    specs = load_classifiers(prompts, PipelineConfig().classifiers)
    found = sorted(conversations(paths), key=lambda one: one.content_hash)[:_MOST]
    counter = TiktokenCounter()
    own = sum(counter.count(turn.content) for one in found for turn in one.turns)
    print(f"{len(found)} conversations of {own / len(found):.0f} tokens")
    print(f"{'pack':>5} {'combined':>9} {'grader':>7} {'requests':>9} {'tokens':>8} {'saved':>7}   a conversation")
    plain = 0
    for pack, combine, grader in _CASES:
        packer = Packer(specs, StrategyConfig(pack=pack, combine=combine, grader=grader), prompts)
        bill = Bill()
        for plan in packer.plans(found):
            bill.add(plan)
            if grader and plan.shared:
                bill.add(packer.grade(plan, {member.key: Labelling(member.spec.label_ids[0]) for member in plan.members}))
        plain = plain or bill.tokens
        words = ("yes" if combine else "no", "yes" if grader else "no")
        each = f"{bill.requests / len(found):>9.2f} {bill.tokens / len(found):>8,.0f}"
        print(f"{pack:>5} {words[0]:>9} {words[1]:>7} {each} {1 - bill.tokens / plain:>7.1%}")


if __name__ == "__main__":
    main(sys.argv[1:])
