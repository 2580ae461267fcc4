"""Chat completions: checks, quota, faults, capacity, latency and the answer of a request."""

from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from semtel_ops.simulator.auth import check_caller, read_json, refuse
from semtel_ops.simulator.bodies import Refused, chat_body, json_reply, quota_refusal
from semtel_ops.simulator.connection_faults import CutResponse, HangResponse, ResetResponse, connection_of
from semtel_ops.simulator.defects import Answer
from semtel_ops.simulator.fault_kinds import REPLY_DEFECTS, Fault
from semtel_ops.simulator.faults import draw_fault
from semtel_ops.simulator.latency import service_s
from semtel_ops.simulator.prompt import Prompt, estimate_tokens, read_prompt
from semtel_ops.simulator.quota import headers_of
from semtel_ops.simulator.reasoning import check_parameters
from semtel_ops.simulator.responder import max_output_tokens
from semtel_ops.simulator.state import Deployment, Serving, Simulator
from semtel_ops.simulator.stats import RequestRecord, body_key
from semtel_ops.simulator.stemming import hash_to_unit

CHAT = "chat/completions"
_DEFAULT_OUTPUT_ESTIMATE = 16
"""Reply tokens that count against the quota for a request without max_tokens."""


@dataclass(slots=True)
class Visit:
    """State of a request while it is processed; at the end, its record in the statistics."""

    model: str = ""
    served: str = ""
    key: bytes = b""
    attempt: int = 0
    fault: Fault | None = None
    members: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    waited_s: float = 0.0
    served_s: float = 0.0
    tier: str = "default"
    headers: dict[str, str] = field(default_factory=dict)


async def chat_completions(request: Request) -> Response:
    """POST /v1/chat/completions, and the path of an Azure deployment."""
    simulator: Simulator = request.app.state.simulator
    visit = Visit()
    simulator.stats.enter()
    try:
        try:
            response = await _answer(request, simulator, visit)
        except Refused as refused:
            response = json_reply(refused.body, refused.status, refused.headers | visit.headers)
        _record(request, simulator, visit, response)
        return response
    finally:
        simulator.stats.leave()


def _record(request: Request, simulator: Simulator, visit: Visit, response: Response) -> None:
    silent = isinstance(response, ResetResponse | HangResponse)
    broken = silent or isinstance(response, CutResponse) or visit.fault is Fault.NOT_JSON
    status = 0 if silent else response.status_code
    record = RequestRecord(
        path=CHAT,
        status=status,
        fault=visit.fault.value if visit.fault else None,
        model=visit.model,
        body=visit.key.hex(),
        attempt=visit.attempt,
        members=visit.members,
        input_tokens=visit.input_tokens,
        output_tokens=visit.output_tokens,
        waited_ms=round(visit.waited_s * 1_000, 3),
        served_ms=round(visit.served_s * 1_000, 3),
        tier=visit.tier,
        reasoning_tokens=visit.reasoning_tokens,
        served=visit.served,
        answered=status == 200 and not broken and not connection_of(request.scope).closed,
    )
    simulator.stats.record(record, visit.key)


async def _answer(request: Request, simulator: Simulator, visit: Visit) -> Response:
    early = check_caller(request, simulator)
    if early is not None:
        return early
    body = await read_json(request)
    visit.model = simulator.check_model(request.path_params.get("deployment") or body.get("model"))
    deployment = simulator.deployment(visit.model)
    if deployment.batch_only:
        raise Refused(400, "The chatCompletion operation does not work with the specified model.", code="OperationNotSupported")
    serving = simulator.serving(visit.model)
    visit.served = serving.name
    visit.key = body_key(body)
    visit.attempt = simulator.stats.count_attempt(visit.key)
    prompt = check_chat(simulator, serving, body)
    visit.members = max(1, len(prompt.members))
    visit.input_tokens = prompt.input_tokens
    draw_key = (simulator.config.seed, visit.model, visit.key.hex(), visit.attempt)
    _check_tier(simulator, visit, body.get("service_tier"), draw_key)
    _admit(simulator, deployment, visit, body)
    visit.fault = draw_fault(simulator.config.faults, draw_key=draw_key)
    early = refuse(visit.fault, simulator.config.hang_s) if visit.fault else None
    if early is not None:
        return early
    answer = answer_of(simulator, serving, prompt, body, visit.fault)
    visit.output_tokens = output_tokens_of(answer)
    visit.reasoning_tokens = answer.reasoning_tokens or 0
    await _serve(simulator, deployment, visit, draw_key)
    return _reply(simulator, visit, answer, serving.fingerprint)


def check_chat(simulator: Simulator, serving: Serving, body: dict[str, Any]) -> Prompt:
    """Read the prompt of a request that a served model is to answer.

    Raises:
        Refused: a provider would reject the request before it counts against the quota.
    """
    if body.get("stream"):
        raise Refused(400, "This simulator does not stream.", code="unsupported_value", param="stream")
    try:
        prompt = read_prompt(body.get("messages"))
    except ValueError as error:
        raise Refused(400, str(error), param="messages") from None
    if serving.refusing is not None:
        check_parameters(serving.refusing, body)
    _check_format(simulator, body.get("response_format"))
    limit = simulator.config.context_tokens
    requested = prompt.input_tokens + (max_output_tokens(body) or 0)
    if requested > limit:
        raise Refused(
            400,
            f"This model's maximum context length is {limit} tokens. However, you requested {requested} tokens.",
            code="context_length_exceeded",
            param="messages",
        )
    return prompt


def _check_format(simulator: Simulator, wanted: Any) -> None:
    if wanted is None:
        return
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind == "text":
        return
    if kind not in simulator.config.response_formats:
        raise Refused(
            400,
            f"Invalid parameter: 'response_format' of type '{str(kind)[:40]}' is not supported with this model.",
            param="response_format",
        )
    schema = wanted.get("json_schema")
    if kind == "json_schema" and not (isinstance(schema, dict) and isinstance(schema.get("schema"), dict)):
        raise Refused(400, "Missing required parameter: 'response_format.json_schema.schema'.", param="response_format")


def _check_tier(simulator: Simulator, visit: Visit, wanted: Any, draw_key: tuple[object, ...]) -> None:
    """Set the tier, standard or flex; flex requests are rejected with the configured probability."""
    if wanted in (None, "auto", "default"):
        return
    flex = simulator.config.flex
    if wanted != "flex" or not flex.offered:
        raise Refused(400, f"Invalid service_tier argument: '{str(wanted)[:20]}'.", param="service_tier")
    visit.tier = "flex"
    if hash_to_unit((*draw_key, "flex")) < flex.unavailable:
        message = "Flex processing has no capacity for this request at the moment; you are not charged."
        raise Refused(429, message, code="resource_unavailable", kind="resource_unavailable")


def _admit(simulator: Simulator, deployment: Deployment, visit: Visit, body: dict[str, Any]) -> None:
    if deployment.quota is None:
        return
    estimate = visit.input_tokens + (max_output_tokens(body) or _DEFAULT_OUTPUT_ESTIMATE)
    verdict = deployment.quota.admit(estimate, simulator.clock.monotonic())
    visit.headers = headers_of(verdict)
    if not verdict.admitted:
        raise quota_refusal(
            verdict, style=deployment.quota_config.style, model=visit.model, requested=estimate, headers=visit.headers
        )


def output_tokens_of(answer: Answer) -> int:
    """Tokens of a reply's text and of the reasoning before it."""
    return estimate_tokens(answer.text or answer.refusal or "") + (answer.reasoning_tokens or 0)


def answer_of(simulator: Simulator, serving: Serving, prompt: Prompt, body: dict[str, Any], fault: Fault | None) -> Answer:
    """The answer of the served model, with the defect if the fault is a reply defect."""
    defect = fault if fault in REPLY_DEFECTS else None
    return simulator.responder.answer(simulator.config, serving.name, prompt, body, defect, serving.behaviour)


async def _serve(simulator: Simulator, deployment: Deployment, visit: Visit, draw_key: tuple[object, ...]) -> None:
    """Wait for a slot, then for the service time."""
    clock = simulator.clock
    capacity = deployment.capacity
    if capacity is not None:
        arrived = clock.monotonic()
        if not await capacity.enter():
            raise Refused(
                capacity.config.refusal,
                "The engine is currently overloaded: no capacity for this request, please try again later.",
                code="no_capacity",
                kind="server_error",
            )
        visit.waited_s = clock.monotonic() - arrived
    own = visit.served == visit.model or deployment.has_own_latency
    latency = deployment.latency if own else simulator.deployment(visit.served).latency
    try:
        visit.served_s = service_s(
            latency, input_tokens=visit.input_tokens, output_tokens=visit.output_tokens, draw_key=draw_key
        )
        if visit.tier == "flex":
            visit.served_s *= simulator.config.flex.slowdown
        if visit.served_s > 0:
            await clock.sleep(visit.served_s)
    finally:
        if capacity is not None:
            capacity.leave()


def _reply(simulator: Simulator, visit: Visit, answer: Answer, fingerprint: str) -> Response:
    if visit.fault is Fault.NOT_JSON:
        page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        return Response(page, media_type="text/html")
    body = chat_body(
        request_id=f"sim-{visit.key.hex()}-{visit.attempt}",
        created=int(simulator.clock.now()),
        model=visit.served,
        answer=answer,
        input_tokens=visit.input_tokens,
        output_tokens=visit.output_tokens,
        tier=visit.tier,
        fingerprint=fingerprint,
    )
    reply = CutResponse if visit.fault is Fault.CUT else Response
    return reply(orjson.dumps(body), 200, visit.headers, media_type="application/json")
