"""Which model answers under a name today, and whether it still does."""

import zlib
from datetime import date

from semtel_ops.simulator.bodies import Refused
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.simulator.lexical_labels import NOTICE
from semtel_ops.simulator.model_config import ModelConfig, ServedModel


def served_now(serves: tuple[ServedModel, ...], *, today: date, elapsed_s: float) -> str:
    """The last model of the list that has started; the first where none has."""
    started = [
        entry.model
        for entry in serves
        if (entry.since is None or entry.since <= today) and (entry.after_s is None or entry.after_s <= elapsed_s)
    ]
    return started[-1] if started else serves[0].model


def is_shut_down(own: ModelConfig, today: date) -> bool:
    """Whether a model no longer answers."""
    return own.shutdown_date is not None and own.shutdown_date <= today and own.after_shutdown != "answers"


def unknown_model(name: str) -> Refused:
    """The refusal of a model that the endpoint does not know."""
    return Refused(404, f"The model `{name[:100]}` does not exist or you do not have access to it.", code="model_not_found")


def shutdown_refusal(name: str, own: ModelConfig) -> Refused:
    """The refusal of a model after its shutdown date, in the words of OpenAI or Azure."""
    if own.after_shutdown == "missing":
        return unknown_model(name)
    if own.after_shutdown == "gone":
        message = "The model of this deployment has been retired. Please deploy another model, or upgrade the deployment."
        return Refused(410, message, code="ModelDeprecated")
    message = f"The model `{name[:100]}` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations"
    return Refused(404, message, code="model_not_found")


def fingerprints(config: SimulatorConfig) -> dict[str, str]:
    """Model → `system_fingerprint` of its replies, for models whose fingerprint is not only the simulator's notice."""
    under_alias = {entry.model for own in config.models.values() for entry in own.serves}
    endings = {name: f"fp_{zlib.crc32(name.encode()):08x}" for name in sorted(under_alias)}
    endings.update({name: own.fingerprint for name, own in config.models.items() if own.fingerprint})
    return {name: f"{NOTICE} {ending}" for name, ending in endings.items()}
