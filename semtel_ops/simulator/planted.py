"""What is planted in a simulator, in words and numbers, and what follows from it: expected shifts, accuracy of a prompt."""

from collections.abc import Mapping
from typing import Any

from semtel_ops.simulator.behaviour import Behaviour
from semtel_ops.simulator.compiled_schema import compile_schema
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.simulator.confusion_config import PromptEffect
from semtel_ops.simulator.definitions import read_blocks
from semtel_ops.simulator.lexical_labels import NOTICE, Choice
from semtel_ops.simulator.model_config import ModelConfig
from semtel_ops.simulator.prompt_effects import Rates

_DESCRIBED = {"confusion", "prompt_effects", "reasoning", "refuses", "serves", "shutdown_date", "fingerprint", "bias", "noise"}


def planted(config: SimulatorConfig) -> dict[str, Any]:
    """The section `planted` of the statistics: sentences, and the settings behind them by model."""
    models = {name: _numbers(own) for name, own in config.models.items()}
    return {
        "notice": NOTICE,
        "words": in_words(config),
        "noise": config.labels.noise,
        "model_bias": config.labels.model_bias,
        "truth": {classifier: list(definitions) for classifier, definitions in config.truth.items()},
        "models": {name: numbers for name, numbers in models.items() if numbers},
    }


def _numbers(own: ModelConfig) -> dict[str, Any]:
    dumped = own.model_dump(mode="json", exclude_defaults=True)
    return {name: value for name, value in dumped.items() if name in _DESCRIBED or name.startswith("confusion")}


def in_words(config: SimulatorConfig) -> list[str]:
    """A sentence for each thing that is planted; empty where nothing is."""
    sentences = [
        f"The true {classifier} of a conversation is known; every model starts from it." for classifier in config.truth
    ]
    for name, own in config.models.items():
        sentences += [f"{name} {sentence}" for sentence in _of_model(own)]
    return sentences


def _of_model(own: ModelConfig) -> list[str]:
    said: list[str] = []
    for classifier, rows in own.confusion.items():
        for label, row in rows.items():
            said += [f"answers {other} for {_percent(rate)} of the {classifier} {label}." for other, rate in row.items()]
    if own.confusion_flips:
        said.append(f"draws the confusion of {_percent(own.confusion_flips)} of the conversations anew for each request seed.")
    if own.confusion_by_wording:
        said.append(f"draws the confusion of {_percent(own.confusion_by_wording)} of the conversations anew for each wording.")
    for effect in own.prompt_effects:
        said.append(f"multiplies the confusion of {effect.classifier} by {effect.factor:g} {_condition(effect)}.")
    if own.noise is not None:
        said.append(f"answers another label at random in {_percent(own.noise)} of the requests.")
    if own.reasoning is not None:
        efforts = ", ".join(f"{effort} {tokens}" for effort, tokens in own.reasoning.tokens.items())
        said.append(f"reasons before it answers: {efforts} tokens on average; {own.reasoning.default} where nothing is asked.")
    if own.refuses:
        said.append(f"refuses {', '.join(own.refuses)}.")
    if own.serves:
        said.append(f"is an alias: {', then '.join(_start(entry.model, entry.since, entry.after_s) for entry in own.serves)}.")
    if own.shutdown_date is not None:
        said.append(f"is shut down on {own.shutdown_date}.")
    return said


def _start(model: str, since: object, after_s: float | None) -> str:
    if since is not None:
        return f"{model} from {since}"
    return f"{model} after {after_s:g} s" if after_s is not None else model


def _condition(effect: PromptEffect) -> str:
    labels = " and ".join(effect.labels)
    of = f"the definition of {labels}" if effect.labels else "the mean definition"
    return {
        "boundary": f"with a sentence that sets {labels} apart",
        "order": f"where {' is defined before '.join(effect.labels)}",
        "longer": f"where {of} has at least {effect.words} words",
        "shorter": f"where {of} has at most {effect.words} words",
        "mentions": f"where {of if effect.labels else 'the instruction'} says {' or '.join(effect.any_of)}",
        "reasoning_effort": f"at the effort {' or '.join(effect.any_of)}",
    }[effect.when]


def _percent(rate: float) -> str:
    return f"{100 * rate:.3g}%"


def expected_shifts(rates: Mapping[str, Mapping[str, float]], shares: Mapping[str, float]) -> dict[str, float]:
    """Label → expected change of its share, from -1 to 1, that confusion makes.

    Args:
        rates: label → other label → probability, such as `models.<name>.confusion.<classifier>`.
        shares: label → its share before the confusion.
    """
    shifts = dict.fromkeys([*shares, *(other for row in rates.values() for other in row)], 0.0)
    for label, row in rates.items():
        for other, rate in row.items():
            moved = shares.get(label, 0.0) * rate
            shifts[label] = shifts.get(label, 0.0) - moved
            shifts[other] += moved
    return shifts


def rates_of_prompt(config: SimulatorConfig, model: str, classifier: str, system: str, *, effort: str = "") -> Rates:
    """The rates of confusion that a model has with an instruction.

    Args:
        system: the instruction, with lines of definitions.
        effort: the request's reasoning effort; empty: the model's default.
    """
    behaviour = Behaviour(model, config.models[model], config)
    choice = _choice(config, model, classifier, system)
    return behaviour.rates(choice, effort or behaviour.effort({}))


def _choice(config: SimulatorConfig, model: str, classifier: str, system: str) -> Choice:
    rows = config.models[model].confusion.get(classifier, {})
    labels = list(config.truth.get(classifier, {})) or sorted(set(rows) | {other for row in rows.values() for other in row})
    choice = compile_schema({"enum": labels}, read_blocks(system), system, classifier)
    assert isinstance(choice, Choice)
    return choice


def expected_accuracy(
    config: SimulatorConfig, model: str, classifier: str, system: str, shares: Mapping[str, float], *, effort: str = ""
) -> float:
    """Expected share of the true labels, from 0 to 1, that a model answers with an instruction.

    Exact where `truth` has the classifier. Noise moves a right answer to another label, and a wrong one to the true label with
    the probability 1 / (number of labels - 1).

    Args:
        shares: true label → its share of the conversations.
    """
    rates = rates_of_prompt(config, model, classifier, system, effort=effort)
    right = 1 - sum(share * sum(rates.get(label, {}).values()) for label, share in shares.items())
    own = config.models[model].noise
    noise = config.labels.noise if own is None else own
    return right * (1 - noise) + (1 - right) * noise / max(1, len(shares) - 1)
