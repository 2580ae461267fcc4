"""A labeller: what has to stay the same for a change of shares to be a change of the users."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import orjson

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.labellers.fingerprints import prompt_fingerprints, strategy_fingerprint
from semtel_ops.settings import StrategyConfig, TokensConfig


@dataclass(frozen=True)
class Labeller:
    """Who labels for a classifier.

    Attributes:
        model: the model that is asked, as endpoints.yaml names it. Not part of the identity where `served_model` is known: an
            alias and the version behind it are the same labeller.
        served_model: the model that answers, as its replies name it; equal to `model` before the first reply.
        version: version of the prompt file.
        prompts: fingerprint of all prompt text and parameters of the classifier's requests, seeds apart, and of how replies are
            read.
        reasoning_effort: effort that the endpoint's settings ask for; that of a prompt file is in `prompts`.
        strategy: fingerprint of how requests are shared and conversations are shortened.
    """

    classifier: str
    model: str
    served_model: str
    version: str
    prompts: str
    reasoning_effort: str | None
    strategy: str

    @cached_property
    def id(self) -> str:
        """16 hex digits: equal for equal labellers, whatever week, endpoint, lane and seed."""
        identity = [self.classifier, self.served_model, self.version, self.prompts, self.reasoning_effort, self.strategy]
        return hashlib.blake2b(orjson.dumps(identity), digest_size=8).hexdigest()


class Labellers:
    """The labellers of a run: one for each classifier and each model that answers."""

    def __init__(self, specs: Sequence[ClassifierSpec], strategy: StrategyConfig, tokens: TokensConfig, prompts: Path) -> None:
        """`prompts`: folder of the shared prompts."""
        # Another seed draws another answer of the same labeller.
        seedless = [replace(spec, seed=None) for spec in specs]
        shared = prompt_fingerprints(seedless, strategy.model_copy(update={"seed": None}), prompts)
        self._prompts = {spec.id: _digest(shared[spec.id], spec.fingerprint) for spec in seedless}
        self._versions = {spec.id: spec.version for spec in specs}
        self._strategy = strategy_fingerprint(strategy, tokens)
        self._known: dict[tuple[str, str, str | None, str | None], Labeller] = {}

    def of(
        self, classifier: str, model: str, *, served_model: str | None = None, reasoning_effort: str | None = None
    ) -> Labeller:
        """The labeller of a classifier's labels by a model.

        Args:
            model: the model that is asked.
            served_model: the model that answered; None: not known yet.
            reasoning_effort: of the endpoint's settings.
        """
        key = (classifier, model, served_model, reasoning_effort)
        labeller = self._known.get(key)
        if labeller is None:
            labeller = self._known[key] = Labeller(
                classifier=classifier,
                model=model,
                served_model=served_model or model,
                version=self._versions[classifier],
                prompts=self._prompts[classifier],
                reasoning_effort=reasoning_effort,
                strategy=self._strategy,
            )
        return labeller


def _digest(shared: str, own: str) -> str:
    """Of the requests' frames, and of the classifier itself: text around the conversation is in no frame."""
    return hashlib.blake2b(f"{shared}{own}".encode(), digest_size=16).hexdigest()
