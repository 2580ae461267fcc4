"""Checks of a batch's input file, which a provider makes while the job is `validating`."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semtel_ops.simulator.auth import parse_object
from semtel_ops.simulator.chat import CHAT
from semtel_ops.simulator.embeddings import EMBEDDINGS
from semtel_ops.simulator.prompt import estimate_tokens, read_prompt

ENDPOINTS = (CHAT, EMBEDDINGS)
_BOM = b"\xef\xbb\xbf"
_MAX_ERRORS = 100
_YIELD_EVERY = 100


@dataclass(slots=True)
class InputCheck:
    """The result of checking an input file.

    Attributes:
        offsets: start of each request's line, in bytes.
        model: the model of all lines.
        input_tokens: prompt tokens of all lines.
        errors: entries of `batch.errors.data`, at most 100; lines are counted from 1.
    """

    offsets: list[int] = field(default_factory=list)
    model: str = ""
    input_tokens: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)

    def add_error(self, code: str, message: str, line: int | None) -> None:
        if len(self.errors) < _MAX_ERRORS:
            self.errors.append({"code": code, "message": message, "param": None, "line": line})


async def check_input(
    path: Path, *, endpoint: str, max_requests: int, reject_bom: bool, serves: Callable[[str], bool]
) -> InputCheck:
    """Check the file line by line. Other requests are served in between."""
    result = InputCheck()
    ids: set[str] = set()
    number = 0
    async for number, offset, raw in _lines(path):
        if number == 1 and raw.startswith(_BOM):
            if reject_bom:
                # Azure's message, though misleading.
                result.add_error("invalid_json_line", "This line is not parseable as valid JSON.", 1)
                continue
            raw = raw[len(_BOM) :]  # noqa: PLW2901
            offset += len(_BOM)  # noqa: PLW2901
        if raw.strip():
            result.offsets.append(offset)
            _check_line(result, raw, number, ids=ids, endpoint=endpoint, serves=serves)
    if not result.offsets and not result.errors:
        result.add_error(
            "empty_file", "The input file is empty. Please ensure that the batch contains at least one request.", None
        )
    if len(result.offsets) > max_requests:
        message = f"The batch input file contains more than the maximum of {max_requests} requests."
        result.add_error("too_many_tasks", message, None)
    return result


def _check_line(
    result: InputCheck, raw: bytes, number: int, *, ids: set[str], endpoint: str, serves: Callable[[str], bool]
) -> None:
    line = parse_object(raw)
    if line is None:
        result.add_error("invalid_json_line", "This line is not parseable as valid JSON.", number)
        return
    custom_id, body = line.get("custom_id"), line.get("body")
    if not isinstance(custom_id, str) or not custom_id or line.get("method") != "POST" or not isinstance(body, dict):
        result.add_error("invalid_request", "A line needs a custom_id, the method POST, a url and a body.", number)
        return
    if custom_id in ids:
        result.add_error("duplicate_custom_id", f"The custom_id '{custom_id[:64]}' is used more than once.", number)
    ids.add(custom_id)
    if plain_endpoint(line.get("url")) != endpoint:
        result.add_error("url_mismatch", "The url of this line is not the endpoint of the batch.", number)
    model = body.get("model")
    if not isinstance(model, str) or not serves(model):
        result.add_error("model_not_found", "The model of this line does not exist.", number)
    elif result.model and model != result.model:
        result.add_error("model_mismatch", "All lines of a batch must name the same model.", number)
    else:
        result.model = model
    result.input_tokens += prompt_tokens(body)


def plain_endpoint(url: Any) -> str | None:
    """`chat/completions` for both OpenAI's /v1/chat/completions and Azure's /chat/completions; None for unknown URLs."""
    if not isinstance(url, str):
        return None
    plain = url.removeprefix("/v1").removeprefix("/")
    return plain if plain in ENDPOINTS else None


def prompt_tokens(body: dict[str, Any]) -> int:
    """Tokens of a line that count against the limit of enqueued tokens."""
    try:
        return read_prompt(body["messages"]).input_tokens
    except (KeyError, ValueError):
        return estimate_tokens(str(body.get("input", "")))


async def _lines(path: Path) -> AsyncIterator[tuple[int, int, bytes]]:
    """(number from 1, offset in bytes, bytes) of each line."""
    offset = 0
    with path.open("rb") as source:
        for number, raw in enumerate(source, start=1):
            yield number, offset, raw
            offset += len(raw)
            if number % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
