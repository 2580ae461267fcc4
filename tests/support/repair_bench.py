"""A frozen set with known truth, and a scripted model that reads its prompt: what a repair starts from."""

import hashlib
import json
import re
from pathlib import Path

from semtel_ops.repair.search import SearchConfig
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.frozen_set import freeze, set_root
from semtel_ops.steps.repair_answers import SetLabeller
from semtel_ops.steps.repair_setup import RepairOptions
from semtel_ops.steps.week import ingest_week
from tests.support.installation import Installation
from tests.support.killing import Killed
from tests.support.repair_runs import START
from tests.support.shards import WEEK

LABELS = [label.id for label in START.labels]


def share(*key) -> float:
    """A number in [0, 1) that depends on the key alone."""
    return int.from_bytes(hashlib.blake2b(repr(key).encode(), digest_size=4).digest(), "big") / 2**32


def truth_of(number: int) -> str:
    """Half of the conversations are about technology."""
    return "technology" if number % 2 else LABELS[number // 2 % len(LABELS)]


class Reader:
    """Takes technology for writing in 60% of the conversations, in 4% where a rule of the prompt names both, and errs by chance in 5%.

    Attributes:
        asked: for each request the instruction and the text.
        suggestion: what it says when it is asked for a wording.
    """

    def __init__(self, suggestion: str = "") -> None:
        self.asked: list[tuple[str, str]] = []
        self.suggestion = suggestion
        self.dies_after: int | None = None

    def __call__(self, request) -> str:
        if self.dies_after is not None and len(self.asked) >= self.dies_after:
            raise Killed
        instruction = request.frame.messages[0].content
        self.asked.append((instruction, request.text))
        if "You edit instructions" in instruction:
            return self.suggestion
        number = int(re.search(r"number (\d+)", request.text)[1])
        label = truth_of(number)
        bounded = any("technology" in line and "writing" in line for line in instruction.split("\n") if line.startswith("* "))
        if label == "technology" and share("boundary", number) < (0.04 if bounded else 0.6):
            label = "writing"
        elif share("noise", number, instruction) < 0.05:
            label = LABELS[int(10 * share("other", number, instruction))]
        return json.dumps({"label": label})

    @property
    def instructions(self) -> set[str]:
        """Instructions of all requests for labels."""
        return {instruction for instruction, _ in self.asked if "You edit instructions" not in instruction}


class RepairBench:
    """An installation with a sampled week, frozen; `rows` conversations."""

    def __init__(self, installation: Installation, rows: int = 160) -> None:
        self.installation = installation
        installation.write_chats(rows)
        chats = Path(installation.source) / "c.jsonl"
        lines = [json.loads(line) for line in chats.read_text().splitlines()]
        for number, line in enumerate(lines):
            text = f"This is number {number}, which nobody but its writer would ever put into exactly such words"
            line["messages"] = [{"role": "user", "content": text}]
        chats.write_text("".join(json.dumps(line) + "\n" for line in lines))
        installation.configure(classifiers=["topic"], shards={"conversations": 200})
        shards = ingest_week({"week": WEEK}, run_id="first", settings=installation.settings)
        self.plan = RunPlan.load(shards[0]["run"])
        ids = [f"c{number}" for number in range(rows)]
        self.reference = {f"c{number}": truth_of(number) for number in range(rows)}
        self.frozen = freeze(set_root(self.plan.paths, "align"), self.plan.paths, WEEK, ids)
        self.labeller = SetLabeller(self.plan, self.frozen)
        self.reader = Reader()
        installation.answer = self.reader

    @property
    def out(self) -> str:
        return f"{self.installation.folder}/out/topic"

    def options(self, **given) -> RepairOptions:
        search = SearchConfig(**{"depth": 2, "mutations": 4, "beam": 2, "max_prompts": 12, **given.pop("search", {})})
        return RepairOptions(search=search, **{"suggest": False, **given})
