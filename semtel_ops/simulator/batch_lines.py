"""The lines of a batch: each is a request, and its answer is a line of a result file."""

import secrets
from dataclasses import dataclass
from typing import Any

from semtel_ops.simulator.auth import refuse
from semtel_ops.simulator.bodies import Refused, chat_body
from semtel_ops.simulator.chat import CHAT, answer_of, check_chat, output_tokens_of
from semtel_ops.simulator.embeddings import embed
from semtel_ops.simulator.fault_kinds import Fault
from semtel_ops.simulator.faults import draw_fault
from semtel_ops.simulator.state import Serving, Simulator
from semtel_ops.simulator.stats import RequestRecord, body_key
from semtel_ops.simulator.stemming import hash_to_unit


@dataclass(frozen=True, slots=True)
class LineResult:
    """A line of the output file or, where the request failed, of the error file; `lost`: of neither file."""

    line: dict[str, Any]
    succeeded: bool
    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    lost: bool = False


def answer_line(simulator: Simulator, line: dict[str, Any], endpoint: str) -> LineResult:
    """Answer a line. Quota and capacity limit realtime requests only."""
    body = line["body"]
    model = body["model"]
    key = body_key(body)
    attempt = simulator.stats.count_attempt(key)
    draw_key = (simulator.config.seed, model, key.hex(), attempt)
    fault = draw_fault(simulator.config.batch.faults, draw_key=draw_key)
    request_id = f"sim-{key.hex()}-{attempt}"
    members, input_tokens, output_tokens, reasoning_tokens, status = 1, 0, 0, 0, 200
    serving = simulator.serving(model)
    try:
        simulator.check_model(model)
        if fault is not None:
            refuse(fault, 0.0)
        if endpoint == CHAT:
            reply, members, input_tokens, output_tokens, reasoning_tokens = _chat(simulator, serving, body, fault, request_id)
        else:
            reply, input_tokens = embed(simulator, serving, body)
    except Refused as refused:
        reply, status = refused.body, refused.status
    lost = hash_to_unit((*draw_key, "lost")) < simulator.config.batch.lost_lines
    simulator.stats.record(
        RequestRecord(
            path=f"batch {endpoint}",
            status=status,
            fault=fault.value if fault else None,
            model=model,
            body=key.hex(),
            attempt=attempt,
            members=members,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            waited_ms=0.0,
            served_ms=0.0,
            tier="batch",
            answered=status == 200 and not lost,
            reasoning_tokens=reasoning_tokens,
            served=serving.name,
        ),
        key,
    )
    response = {"status_code": status, "request_id": request_id, "body": reply}
    return LineResult(_entry(line, response, None), status == 200, input_tokens, output_tokens, reasoning_tokens, lost)


def _chat(
    simulator: Simulator, serving: Serving, body: dict[str, Any], fault: Fault | None, request_id: str
) -> tuple[dict[str, Any], int, int, int, int]:
    """Reply, members, input tokens, output tokens, reasoning tokens."""
    prompt = check_chat(simulator, serving, body)
    answer = answer_of(simulator, serving, prompt, body, fault)
    output_tokens = output_tokens_of(answer)
    reply = chat_body(
        request_id=request_id,
        created=int(simulator.clock.now()),
        model=serving.name,
        answer=answer,
        input_tokens=prompt.input_tokens,
        output_tokens=output_tokens,
        fingerprint=serving.fingerprint,
    )
    return reply, max(1, len(prompt.members)), prompt.input_tokens, output_tokens, answer.reasoning_tokens or 0


def expired_line(line: dict[str, Any]) -> LineResult:
    """The result of a line that was not answered when the job expired."""
    message = "This request could not be executed before the completion window expired."
    return LineResult(_entry(line, None, {"code": "batch_expired", "message": message}), succeeded=False)


def _entry(line: dict[str, Any], response: dict[str, Any] | None, error: dict[str, str] | None) -> dict[str, Any]:
    return {
        "id": f"batch_req_{secrets.token_hex(12)}",
        "custom_id": line["custom_id"],
        "response": response,
        "error": error,
    }
