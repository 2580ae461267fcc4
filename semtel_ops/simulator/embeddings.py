"""POST /v1/embeddings: vectors without a model; texts that share words have similar vectors."""

import base64
import struct
import zlib
from math import sqrt
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from semtel_ops.simulator.auth import check_caller, read_json, refuse
from semtel_ops.simulator.bodies import Refused, json_reply, quota_refusal
from semtel_ops.simulator.connection_faults import ResetResponse
from semtel_ops.simulator.fault_kinds import CALL_FAULTS
from semtel_ops.simulator.faults import draw_fault
from semtel_ops.simulator.latency import service_s
from semtel_ops.simulator.prompt import estimate_tokens
from semtel_ops.simulator.quota import headers_of
from semtel_ops.simulator.state import Serving, Simulator
from semtel_ops.simulator.stats import body_key
from semtel_ops.simulator.stemming import stems

EMBEDDINGS = "embeddings"
_MAX_INPUTS = 2_048
_MAX_DIMENSIONS = 8_192


async def embeddings(request: Request) -> Response:
    """POST /v1/embeddings, and the path of an Azure deployment."""
    simulator: Simulator = request.app.state.simulator
    simulator.stats.enter()
    try:
        response = await _answer(request, simulator)
    except Refused as refused:
        response = json_reply(refused.body, refused.status, refused.headers)
    finally:
        simulator.stats.leave()
    simulator.stats.note(EMBEDDINGS, 0 if isinstance(response, ResetResponse) else response.status_code)
    return response


async def _answer(request: Request, simulator: Simulator) -> Response:
    early = check_caller(request, simulator)
    if early is not None:
        return early
    body = await read_json(request)
    model = simulator.check_model(request.path_params.get("deployment") or body.get("model"))
    deployment = simulator.deployment(model)
    key = body_key(body)
    attempt = simulator.stats.count_attempt(key)
    reply, tokens = embed(simulator, simulator.serving(model), body)
    headers: dict[str, str] = {}
    if deployment.quota is not None:
        verdict = deployment.quota.admit(tokens, simulator.clock.monotonic())
        headers = headers_of(verdict)
        if not verdict.admitted:
            raise quota_refusal(verdict, style=deployment.quota_config.style, model=model, requested=tokens, headers=headers)
    draw_key = (simulator.config.seed, model, key.hex(), attempt)
    # Defects of chat replies do not apply; faults of the connection and the server do.
    fault = draw_fault(simulator.config.faults, draw_key=draw_key)
    if fault in CALL_FAULTS:
        early = refuse(fault, simulator.config.hang_s)
        if early is not None:
            return early
    wait_s = service_s(deployment.latency, input_tokens=tokens, output_tokens=0, draw_key=draw_key)
    if wait_s > 0:
        await simulator.clock.sleep(wait_s)
    return json_reply(reply, headers=headers)


def embed(simulator: Simulator, serving: Serving, body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """(body of the reply, tokens of the input), for realtime requests and batch lines.

    Raises:
        Refused: the input is not one or more non-empty texts, or the dimensions are out of range.
    """
    texts = _texts(body.get("input"))
    dimensions = body.get("dimensions", simulator.config.embedding_dimensions)
    if not isinstance(dimensions, int) or not 1 <= dimensions <= _MAX_DIMENSIONS:
        raise Refused(400, f"'dimensions' must be between 1 and {_MAX_DIMENSIONS}.", param="dimensions")
    as_base64 = body.get("encoding_format") == "base64"
    data = []
    for index, text in enumerate(texts):
        vector = vector_of(text, dimensions)
        encoded = base64.b64encode(struct.pack(f"<{dimensions}f", *vector)).decode() if as_base64 else vector
        data.append({"object": "embedding", "index": index, "embedding": encoded})
    tokens = sum(estimate_tokens(text) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {
        "object": "list",
        "data": data,
        "model": serving.name,
        "usage": usage,
        "system_fingerprint": serving.fingerprint,
    }, tokens


def _texts(given: Any) -> list[str]:
    """The texts of `input`. A list of token numbers is read as words."""
    entries = [given] if isinstance(given, str) or (isinstance(given, list) and _are_numbers(given)) else given
    if not isinstance(entries, list) or not entries:
        raise Refused(400, "'input' must be a non-empty string or array.", param="input")
    if len(entries) > _MAX_INPUTS:
        raise Refused(400, f"'input' has {len(entries)} entries; at most {_MAX_INPUTS} are allowed.", param="input")
    texts = [" ".join(map(str, entry)) if isinstance(entry, list) else entry for entry in entries]
    if not all(isinstance(text, str) and text for text in texts):
        raise Refused(400, "'$.input' is invalid: every entry must be a non-empty string.", param="input")
    return texts


def _are_numbers(entries: list[Any]) -> bool:
    return bool(entries) and all(isinstance(entry, int) for entry in entries)


def vector_of(text: str, dimensions: int) -> list[float]:
    """Signed feature hashing of the text's stems, unit length: texts with the same stems have the same vector."""
    vector = [0.0] * dimensions
    for word in stems(text) or {text}:
        word_hash = zlib.crc32(word.encode("utf-8", "replace"))
        vector[(word_hash >> 1) % dimensions] += 1.0 if word_hash & 1 else -1.0
    length = sqrt(sum(value * value for value in vector))
    if length == 0:
        # All words cancelled each other out: any fixed direction has unit length.
        vector[0], length = 1.0, 1.0
    return [value / length for value in vector]
