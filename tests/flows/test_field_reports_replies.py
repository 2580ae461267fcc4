"""Replies as people have reported them, over real sockets: each row gets its right value, and nothing is paid for twice.

Each case is named after the public report it is made from.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest

from semtel_ops.errors import BudgetExceededError
from semtel_ops.runs.progress import LogProgress
from semtel_ops.settings import Settings
from semtel_ops.steps.classify_files import classify_files
from semtel_ops.store.parquet import read_rows
from tests.support import played_endpoint

ROWS = 12
USAGE = {"prompt_tokens": 300, "completion_tokens": 10, "total_tokens": 310}
PRICE = {"input_per_million": 1.0, "output_per_million": 2.0}

Reply = Callable[[dict[str, Any], int], Any]
"""The body of a request and how often it has been sent → the body of the reply (a text is sent as it is)."""


def answer(label: str = "yes") -> str:
    return json.dumps({"label": label})


def completion(content: Any, finish: str = "stop", usage: Any = USAGE, **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


class Server(NamedTuple):
    url: str
    bodies: list[dict[str, Any]]


def number_of(body: dict[str, Any]) -> int:
    """Number of the conversation that a request is about."""
    texts = " ".join(str(message["content"]) for message in body["messages"])
    return int(re.findall(r"number (\d+) is it", texts)[-1])


@contextmanager
def served(reply: Reply) -> Iterator[Server]:
    """A server on 127.0.0.1 that answers every request with `reply`."""
    seen = Counter[str]()
    lock = threading.Lock()

    def play(_number: int, body: dict[str, Any]) -> played_endpoint.Reply:
        messages = json.dumps(body["messages"])
        with lock:
            seen[messages] += 1
            times = seen[messages]
        said = reply(body, times)
        return played_endpoint.Reply(200, (said if isinstance(said, str) else json.dumps(said)).encode())

    with played_endpoint.played_endpoint(play) as (url, bodies):
        yield Server(url, bodies)


class Result(NamedTuple):
    """A finished run: its manifest, its rows by conversation, and the bodies of its requests."""

    manifest: dict[str, Any]
    rows: dict[str, dict[str, Any]]
    bodies: list[dict[str, Any]]

    def sent_for(self, number: int) -> list[dict[str, Any]]:
        return [body for body in self.bodies if number_of(body) == number]


def classify(folder: Path, reply: Reply, rows: int) -> Result:
    """A run against a server that answers with `reply`."""
    with served(reply) as server:
        manifest, landed = run(folder, server.url, rows)
        return Result(manifest, landed, server.bodies)


def run(folder: Path, url: str, count: int, **request: Any) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """`knowledge_work`, a question of yes or no, about conversations with numbers: the manifest, and rows by conversation."""
    source = folder / "chats.jsonl"
    lines = [{"conversation_id": f"c{n}", "messages": [{"role": "user", "content": f"number {n} is it"}]} for n in range(count)]
    source.write_text("\n".join(json.dumps(line) for line in lines))
    endpoint = {"name": "e", "base_url": url, "model": "m", "price": PRICE}
    (folder / "endpoints.yaml").write_text(json.dumps({"endpoints": [endpoint]}))
    (folder / "pipeline.yaml").write_text(json.dumps({"tokens": {"compression": "none"}}))
    asked = {
        "week": "2026-W47",
        "source": [str(source)],
        "dates": "ignore",
        "classifiers": ["knowledge_work"],
        "endpoints": str(folder / "endpoints.yaml"),
        **request,
    }
    settings = Settings(lake=str(folder / "out" / "lake"), pipeline=str(folder / "pipeline.yaml"))
    manifest = classify_files(asked, out=str(folder / "out"), run_id="run", settings=settings, progress=LogProgress())
    rows = [row for path in (folder / "out" / "labels").glob("*.parquet") for row in read_rows(str(path))]
    return cast("dict[str, Any]", manifest), {row["conversation_id"]: row for row in rows}


def each_its_own(cases: Sequence[Any], folder: Path) -> Result:
    """A run in which conversation n is answered by case n, whenever it is asked."""
    return classify(folder, lambda body, _: cases[number_of(body)], rows=len(cases))


HARMONY = f"<|channel|>analysis<|message|>perhaps {answer('no')}<|end|><|start|>assistant<|channel|>final<|message|>{answer()}<|return|>"

READ_AT_ONCE = {
    "parts: NousResearch/hermes-agent#4748": completion(
        [{"type": "thinking", "thinking": "no?"}, {"type": "text", "text": answer()}]
    ),
    "parts: infiniflow/ragflow#14805": completion(
        [{"type": "reasoning", "text": "no"}, {"type": "output_text", "text": answer()}]
    ),
    "harmony: ml-explore/mlx-lm#1867": completion(HARMONY),
    "f01: langgenius/dify#28019": completion(f"analysisIt is no? {answer('no')}assistantfinal{answer()}"),
    "f07: garrytan/gbrain#4640": completion(f"Is it {answer('no')}? Rather not.\n</think>\n{answer()}"),
    "nanreply: madroidmaq/mlx-omni-server#56": json.dumps({**completion(answer()), "timings": {"speed": float("nan")}}),
    "nanreply: sgl-project/sglang#4097": json.dumps({**completion(answer(), logprobs=float("-inf"))}),
    "half an emoji beside it": json.dumps({**completion(answer()), "note": "\ud83d"}),
    "a call in place of content": completion(
        None, "tool_calls", tool_calls=[{"function": {"name": "a", "arguments": answer()}}]
    ),
    "legacy completion": {"model": "m", "choices": [{"text": answer(), "finish_reason": "eos"}], "usage": USAGE},
}


@pytest.fixture(scope="module")
def read_at_once(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return each_its_own(list(READ_AT_ONCE.values()), tmp_path_factory.mktemp("read"))


@pytest.mark.parametrize("number", range(len(READ_AT_ONCE)), ids=READ_AT_ONCE)
def test_a_reply_with_an_answer_is_read_at_once(number: int, read_at_once: Result) -> None:
    assert read_at_once.rows[f"c{number}"]["label"] == "yes"
    assert len(read_at_once.sent_for(number)) == 1


UNREADABLE = {
    "f05: EleutherAI/lm-evaluation-harness#3382": (completion(f"<think>It is {answer('no')}"), "unfinished_reasoning"),
    "f41: 0din-ai/ai-scanner#176": (completion("No, no puedo ayudar con eso."), "declined"),
    "f41: humanbound/humanbound#74": (completion("No. Lo siento, no me es posible responder."), "declined"),
    "f52 for yes and no": (completion('{"label": "yes, no"}'), "several_answers"),
    "reasoning: vllm-project/vllm#17349": (completion(None, reasoning_content=answer()), "only_reasoning"),
    "reasoning: vllm-project/vllm#50948": (completion("", reasoning=answer()), "only_reasoning"),
}


@pytest.fixture(scope="module")
def unreadable(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return each_its_own([body for body, _ in UNREADABLE.values()], tmp_path_factory.mktemp("unreadable"))


@pytest.mark.parametrize(
    ("number", "problem"), [(number, problem) for number, (_, problem) in enumerate(UNREADABLE.values())], ids=UNREADABLE
)
def test_a_reply_without_an_answer_is_asked_again_once_and_says_why(number: int, problem: str, unreadable: Result) -> None:
    row = unreadable.rows[f"c{number}"]
    assert (row["status"], row["error"]) == ("invalid_output", problem)
    assert row["raw_reply"]
    assert len(unreadable.sent_for(number)) == 2


OPENINGS = {
    "thinkcut: EleutherAI/lm-evaluation-harness#3382": "<think>",
    "thinkcut: Magistral": "[THINK]",
    "thinkcut: harmony": "<|channel|>analysis<|message|>",
    "thinkcut: antirez/ds4#665 (no mark)": "",
}


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Result:
    openings = list(OPENINGS.values())

    def reply(body: dict[str, Any], _: int) -> Any:
        if limit_of(body) >= 1_000:
            return completion(f"x</think>{answer()}")
        return completion(f"{openings[number_of(body)]}The user asks, so {answer('no')} seems", "length")

    return classify(tmp_path_factory.mktemp("cut"), reply, rows=len(openings))


def limit_of(body: dict[str, Any]) -> int:
    return int(body.get("max_completion_tokens") or body["max_tokens"])


@pytest.mark.parametrize("number", range(len(OPENINGS)), ids=OPENINGS)
def test_a_thought_that_was_cut_is_asked_again_with_room_for_it(number: int, cut: Result) -> None:
    assert cut.rows[f"c{number}"]["label"] == "yes"
    first, second = cut.sent_for(number)
    assert limit_of(second) > 10 * limit_of(first)
    shown = [str(message["content"]) for message in second["messages"] if "seems" in str(message["content"])]
    assert bool(shown) == (number == 3), "reasoning that is marked as such is not shown to the model"


FAILURES = {
    "finerror: maximhq/bifrost#5425": completion('{"label": "n', "error", usage=None),
    "finerror: nodetool-ai/nodetool#5755": {**completion("no", ""), "error": {"code": 502, "message": "Upstream failed"}},
    "finerror: BerriAI/litellm#24373 (z.AI)": completion("no", "network_error"),
    "blocked: once": {**completion(""), "choices": None},
}


@pytest.fixture(scope="module")
def failed_once(tmp_path_factory: pytest.TempPathFactory) -> Result:
    failures = list(FAILURES.values())

    def reply(body: dict[str, Any], times: int) -> Any:
        return failures[number_of(body)] if times == 1 else completion(answer())

    return classify(tmp_path_factory.mktemp("failed"), reply, rows=len(failures))


@pytest.mark.parametrize("number", range(len(FAILURES)), ids=FAILURES)
def test_a_provider_that_fails_during_the_reply_is_asked_again_and_the_failure_is_not_kept(
    number: int, failed_once: Result
) -> None:
    assert failed_once.rows[f"c{number}"]["label"] == "yes"
    assert len(failed_once.sent_for(number)) == 2


FILTERED = {
    "sensitive: langgenius/dify#7559": (completion("", "sensitive"), "content_filter", 1),
    "sensitive: Gemini's word": (completion(None, "SAFETY"), "content_filter", 1),
    "blocked: decolua/9router#2727": (
        {"id": "x", "model": "m", "choices": [], "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}},
        "content_filter",
        1,
    ),
    "a refusal as a part": (completion([{"type": "refusal", "refusal": "I can't."}]), "refusal", 1),
    "a refusal as a field": (completion(None, refusal="I can't."), "refusal", 1),
    "blocked: bespokelabsai/curator#621": ({**completion(""), "choices": None}, "withheld", 2),
    "blocked: no choices": ({**completion(""), "choices": []}, "withheld", 2),
    "no filter": (completion(answer()), None, 1),
}


@pytest.fixture(scope="module")
def filtered(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return each_its_own([body for body, _, _ in FILTERED.values()], tmp_path_factory.mktemp("filtered"))


@pytest.mark.parametrize(
    ("number", "error", "calls"), [(number, *case[1:]) for number, case in enumerate(FILTERED.values())], ids=FILTERED
)
def test_a_filtered_row_is_refused_and_the_rest_goes_on(number: int, error: str | None, calls: int, filtered: Result) -> None:
    row = filtered.rows[f"c{number}"]
    assert (row["status"], row["error"]) == ("refused" if error else "success", error)
    assert len(filtered.sent_for(number)) == calls


UNCOUNTED = {
    "usagenull: maximhq/bifrost#5425": {"prompt_tokens": None, "completion_tokens": None, "total_tokens": 0},
    "usagenull: microsoft/autogen#2292": None,
    "usagehuge: 64bit/async-openai#404": {"prompt_tokens": 2**64 - 5, "completion_tokens": 2**64 - 1},
    "usagehuge: HELPMEEADICE/BANDORI-PET-REV#295": {"prompt_tokens": 2**64 - 5, "completion_tokens": 3},
    "negative": {"prompt_tokens": -300, "completion_tokens": -10},
    "text": {"prompt_tokens": "a few", "completion_tokens": "some"},
    "counted": USAGE,
}


@pytest.fixture(scope="module")
def uncounted(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return each_its_own(
        [completion(answer(), usage=usage) for usage in UNCOUNTED.values()], tmp_path_factory.mktemp("uncounted")
    )


@pytest.mark.parametrize("number", range(len(UNCOUNTED)), ids=UNCOUNTED)
def test_tokens_that_the_provider_does_not_count_are_estimated(number: int, uncounted: Result) -> None:
    row = uncounted.rows[f"c{number}"]
    assert row["label"] == "yes"
    assert 100 < row["input_tokens"] < 5_000
    assert 0 < row["cost_usd"] < 0.01
    assert len(uncounted.sent_for(number)) == 1


def test_estimates_are_marked(uncounted: Result) -> None:
    assert uncounted.manifest["estimated_rows"] == len(UNCOUNTED) - 1


def test_a_budget_holds_where_no_tokens_are_counted(tmp_path: Path) -> None:
    """usagenull: the reservation of each request counts as spent, so the run stops in time."""
    with served(lambda *_: completion(answer(), usage=None)) as server:
        with pytest.raises(BudgetExceededError):
            run(tmp_path, server.url, ROWS, max_cost_usd=0.006)
        longest = max(len(json.dumps(body)) for body in server.bodies)
    assert 0 < len(server.bodies) < ROWS
    assert len(server.bodies) * longest / 4 / 1_000_000 < 0.006
