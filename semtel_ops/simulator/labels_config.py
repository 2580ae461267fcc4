"""Settings of the labels that are made up, and of how well wrong labels are recognised."""

from typing import Literal

from semtel_ops.settings.config_model import ConfigModel, Share


class LabelsConfig(ConfigModel):
    """How labels are made up: by the words that the conversation and the definitions in the prompt have in common."""

    mode: Literal["lexical", "constant"] = "lexical"
    """`lexical`: the option with the most words in common. `constant`: always the first option, to measure clients."""
    noise: Share = 0.0
    """Share of the answers that are another option. Which ones depends on the conversation, on the `seed` of the request and
    on what shares the request: the same request always gets the same answer."""
    noise_per_member: Share = 0.0
    """Added to the noise for every further conversation of a packed request, so that packing costs quality."""
    noise_per_classifier: Share = 0.0
    """Added to the noise for every further classifier of a combined request, so that combining costs quality."""
    model_bias: Share = 0.1
    """How much the weights of the options differ between models. 0: models agree, also where options match equally well."""
    threshold: Share = 0.12
    """Share of a definition's weight that must be met for an item of a rubric, for a yes, or for one label of several."""


class GraderConfig(ConfigModel):
    """How well a model recognises which of the labels it is shown are wrong.

    A label is wrong if it differs from the model's own answer without noise.
    """

    recall: Share = 0.8
    """Share of the wrong labels that it names."""
    false_alarms: Share = 0.02
    """Share of the right labels that it names, too."""
