"""The simulated model: from a chat request to its answer."""

import json
import zlib
from dataclasses import dataclass
from typing import Any

import orjson

from semtel_ops.simulator.behaviour import Behaviour
from semtel_ops.simulator.compiled_schema import compile_schema
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.simulator.defects import Answer, apply_defect, truncate
from semtel_ops.simulator.definitions import Asked, read_blocks
from semtel_ops.simulator.fault_kinds import Fault
from semtel_ops.simulator.grading import Grading, is_grading
from semtel_ops.simulator.lexical_labels import NOTICE, ByMember, Case, Choice, Fields, Fixed, Node
from semtel_ops.simulator.prompt import Prompt
from semtel_ops.simulator.reasoning import after_reasoning, reasoning_tokens
from semtel_ops.simulator.rewriting import is_free_text, rewritten

_MAX_PLANS = 512


@dataclass(frozen=True, slots=True)
class _Plan:
    """A compiled prompt and its answer in `constant` mode. Of a request for free text, the schema, too."""

    node: Node
    constant: Any
    is_free_text: bool
    schema: Any


class Responder:
    """Answers chat requests; each combination of instruction and schema is compiled once."""

    def __init__(self) -> None:
        self._plans: dict[tuple[str, bytes], _Plan] = {}

    def answer(
        self,
        config: SimulatorConfig,
        model: str,
        prompt: Prompt,
        body: dict[str, Any],
        fault: Fault | None,
        behaviour: Behaviour | None = None,
    ) -> Answer:
        """The answer of the model that is served, with `behaviour` as what is planted in it."""
        plan = self._plan(prompt, body.get("response_format"))
        value = rewritten(prompt.outside, plan.schema) if plan.is_free_text else None
        if value is None:
            is_constant = config.labels.mode == "constant" and fault is not Fault.WRONG_LABEL
            value = plan.constant if is_constant else _answer(config, model, prompt, body, fault, plan.node, behaviour)
        answer = apply_defect(value, fault)
        limit = max_output_tokens(body)
        if behaviour is not None and behaviour.own.reasoning is not None:
            effort = behaviour.effort(body)
            draw_key = (config.seed, model, prompt.reading.digest, effort)
            tokens = reasoning_tokens(behaviour.own.reasoning, effort, draw_key=draw_key)
            return after_reasoning(answer, tokens, limit)
        return answer if limit is None else truncate(answer, limit)

    def _plan(self, prompt: Prompt, response_format: Any) -> _Plan:
        wanted = response_format if isinstance(response_format, dict) else {}
        kind = wanted.get("type", "text")
        named = wanted["json_schema"] if kind == "json_schema" else {}
        schema, name = named.get("schema"), named.get("name")
        key = (prompt.system, orjson.dumps([kind, name, schema]))
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            # An instruction with definitions asks for a label, whatever the conversation asks for.
            is_free = is_free_text(kind, schema) and not read_blocks(prompt.system)
            node = _compile(prompt.system, kind, schema, name if isinstance(name, str) else "")
            plan = self._plans[key] = _Plan(node, node.constant(), is_free, schema)
        return plan


def max_output_tokens(body: dict[str, Any]) -> int | None:
    """The request's `max_completion_tokens`, or its older name `max_tokens`; None where there is neither."""
    for name in ("max_completion_tokens", "max_tokens"):
        value = body.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None


def _answer(
    config: SimulatorConfig,
    model: str,
    prompt: Prompt,
    body: dict[str, Any],
    fault: Fault | None,
    node: Node,
    behaviour: Behaviour | None,
) -> Any:
    members = prompt.members
    bundled = node.bundled(members) if isinstance(node, Fields) else 1
    own = config.models.get(model)
    noise = config.labels.noise if own is None or own.noise is None else own.noise
    noise += config.labels.noise_per_member * max(0, len(members) - 1) + config.labels.noise_per_classifier * (bundled - 1)
    case = Case(
        reading=prompt.reading,
        members=members,
        model=model,
        seed=config.seed,
        labels=config.labels if behaviour is None else behaviour.labels,
        noise=1.0 if fault is Fault.WRONG_LABEL else min(1.0, noise),
        noise_key=_noise_key(body.get("seed"), prompt, bundled),
        behaviour=behaviour,
        effort="" if behaviour is None else behaviour.effort(body),
    )
    return node.grade(case, prompt.shown, config.grader) if isinstance(node, Grading) else node.answer(case)


def _noise_key(seed: Any, prompt: Prompt, bundled: int) -> str:
    """The request's seed, its number of classifiers, and a hash of its conversations in their order if there are several."""
    pack_hash = zlib.crc32(repr([(key, reading.digest) for key, reading in prompt.members.items()]).encode())
    return f"{seed}/{bundled}/{pack_hash if len(prompt.members) > 1 else ''}"


def _compile(system: str, kind: str, schema: Any, name: str) -> Node:
    """Compile the schema; without a schema, a schema in the instruction; without either, its longest list of definitions."""
    blocks = read_blocks(system)
    if schema is None:
        schema = _schema_in(system)
    if schema is not None:
        return Grading(schema, blocks) if is_grading(schema) else compile_schema(schema, blocks, system, name)
    node: Node = Fixed(NOTICE)
    if blocks:
        lines = max((block.lines for block in blocks), key=len)
        texts = [f"{key} {text}" for key, text in lines.items()]
        node = Choice("label", list(lines), texts, Asked(system=system))
    return ByMember(Fields(["label"], {"label": node}, None) if kind == "json_object" else node)


def _schema_in(text: str) -> dict[str, Any] | None:
    """The first JSON schema of an object in a text: in JSON mode, the prompt contains it."""
    decoder = json.JSONDecoder()
    position = text.find("{")
    for _ in range(50):
        if position < 0:
            return None
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            value, end = None, position + 1
        if isinstance(value, dict) and isinstance(value.get("properties"), dict):
            return value
        if isinstance(value, dict) and isinstance(value.get("schema"), dict):
            return dict(value["schema"])
        position = text.find("{", end)
    return None
