"""What is planted in one model: its labels start from the truth where there is one, and are then confused as configured.

The order is truth or lexical match, then confusion, then noise. Confusion is drawn by a hash of the configuration's seed, the
text of the conversation and the classifier: a conversation that moves does so in every request and lane, and in every model
with enough confusion.
"""

import re
import zlib
from collections.abc import Mapping
from typing import Any

from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.simulator.labels_config import LabelsConfig
from semtel_ops.simulator.lexical_labels import Case, Choice
from semtel_ops.simulator.model_config import ModelConfig
from semtel_ops.simulator.prompt_effects import Rates, Wording, changed_rates
from semtel_ops.simulator.stemming import hash_to_unit
from semtel_ops.simulator.truth import Truth

_MAX_KNOWN = 2_000


class Rules:
    """The planted errors of one list of options in one prompt, at one effort."""

    def __init__(self, classifier: str, choice: Choice, truth: Truth | None, rates: Rates) -> None:
        self.classifier = classifier
        self.truth = truth
        self.positions = {str(option): position for position, option in enumerate(choice.options)}
        self.moves = {
            self.positions[label]: [(self.positions[other], rate) for other, rate in row.items() if other in self.positions]
            for label, row in rates.items()
            if label in self.positions
        }
        self.wording = zlib.crc32(choice.asked.system.encode("utf-8", "replace"))


class Behaviour:
    """The planted part of a model; `behaviour_of` makes one only for models that have such a part."""

    def __init__(self, name: str, own: ModelConfig, config: SimulatorConfig) -> None:
        self.name = name
        self.own = own
        self.labels: LabelsConfig = (
            config.labels if own.bias is None else config.labels.model_copy(update={"model_bias": own.bias})
        )
        self._truths = {classifier: Truth(definitions) for classifier, definitions in config.truth.items()}
        self._known: dict[tuple[Choice, str], Rules | None] = {}

    def effort(self, body: Mapping[str, Any]) -> str:
        """The request's `reasoning_effort`, or the model's default; empty where the model does not reason."""
        if self.own.reasoning is None:
            return ""
        given = body.get("reasoning_effort")
        return given if isinstance(given, str) else self.own.reasoning.default

    def settle(self, choice: Choice, case: Case, best: int) -> int:
        """Position of the model's own answer, given that of the lexical match."""
        rules = self._rules(choice, case.effort)
        if rules is None:
            return best
        if rules.truth is not None:
            best = rules.positions[rules.truth.label(case.reading)]
        moves = rules.moves.get(best)
        if not moves:
            return best
        draw = self._draw(case, rules)
        for position, rate in moves:
            draw -= rate
            if draw < 0:
                return position
        return best

    def _draw(self, case: Case, rules: Rules) -> float:
        """A number in [0, 1) for a conversation: the same in every request, unless flips or wordings are planted."""
        key: tuple[object, ...] = (case.seed, case.reading.digest, rules.classifier)
        more: tuple[object, ...] = ()
        if self.own.confusion_flips and hash_to_unit((*key, "flips")) < self.own.confusion_flips:
            more += (case.noise_key,)
        if self.own.confusion_by_wording and hash_to_unit((*key, "by wording")) < self.own.confusion_by_wording:
            more += (rules.wording,)
        return hash_to_unit((*key, "confusion", *more))

    def rates(self, choice: Choice, effort: str) -> Rates:
        """The rates of confusion that this prompt and effort leave."""
        classifier = self._classifier(choice)
        return {} if classifier is None else self._rates(classifier, choice, effort)

    def _rates(self, classifier: str, choice: Choice, effort: str) -> Rates:
        return changed_rates(
            self.own.confusion.get(classifier, {}),
            [effect for effect in self.own.prompt_effects if effect.classifier == classifier],
            Wording(choice.definitions, choice.asked.rest, effort),
        )

    def _rules(self, choice: Choice, effort: str) -> Rules | None:
        key = (choice, effort)
        if key not in self._known:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            classifier = self._classifier(choice)
            self._known[key] = (
                None
                if classifier is None
                else Rules(classifier, choice, self._truth(classifier, choice), self._rates(classifier, choice, effort))
            )
        return self._known[key]

    def _truth(self, classifier: str, choice: Choice) -> Truth | None:
        """The truth of a classifier, if it is about the same labels as the prompt."""
        truth = self._truths.get(classifier)
        return truth if truth is not None and set(truth.labels) == set(map(str, choice.options)) else None

    def _classifier(self, choice: Choice) -> str | None:
        """The configured classifier that a list of options belongs to, or None.

        By a key on the way to it in the schema, or by the schema's name, `topic` or `topic_x8`; a request without such names is
        recognised by its labels.
        """
        configured = [*self.own.confusion, *(name for name in self._truths if name not in self.own.confusion)]
        if choice.asked.names:
            return next((name for name in configured if any(_is_name(given, name) for given in choice.asked.names)), None)
        options = set(map(str, choice.options))
        return next((name for name in configured if self._labels_of(name) <= options), None)

    def _labels_of(self, classifier: str) -> set[str]:
        if classifier in self._truths:
            return set(self._truths[classifier].labels)
        rows = self.own.confusion.get(classifier, {})
        return set(rows) | {other for row in rows.values() for other in row}


def _is_name(given: str, classifier: str) -> bool:
    """Whether a name in a request is a classifier's: `topic`, or `topic_x8` for eight packed conversations."""
    return given == classifier or re.fullmatch(re.escape(classifier) + r"_x\d+", given) is not None


def behaviour_of(name: str, config: SimulatorConfig) -> Behaviour | None:
    """The behaviour of a model, or None where nothing is planted in its labels or replies."""
    own = config.models.get(name)
    if own is None:
        return Behaviour(name, ModelConfig(), config) if config.truth else None
    planted = config.truth or own.confusion or own.reasoning or own.refuses or own.bias is not None
    return Behaviour(name, own, config) if planted else None
