"""A refusal names parameters in fields made for it, or in words; a number that is refused is not a name that is refused."""

import pytest

from semtel_ops.endpoints.refusal.body import ErrorBody
from semtel_ops.endpoints.refusal.parameters import refused_parameters, refuses_number_of_tokens


@pytest.mark.parametrize(
    ("paths", "text", "names"),
    [
        (("seed",), "no", ("seed",)),
        (("response_format.type",), "Input should be 'text'", ("response_format",)),
        (("response_format.json_schema",), "", ("response_format",)),
        (("temperature",), "use top_p and seed instead", ("temperature",)),
        (("max_tokens",), "Use 'max_completion_tokens' instead", ("max_tokens",)),
        (("messages.0.content",), "Field required", ()),
        (("messages",), "must contain the word 'json' to use 'response_format' of type 'json_object'", ("response_format",)),
        ((), "Unrecognized request argument supplied: max_completion_tokens", ("max_completion_tokens",)),
        ((), "'max_tokens' is not supported. Use 'max_completion_tokens' instead", ("max_tokens", "max_completion_tokens")),
        ((), "reasoning_effort is not supported by this model", ("reasoning_effort",)),
        ((), 'Unknown name "temperature" and unknown name "response_format"', ("response_format", "temperature")),
        ((), "the seed was good and the temperature was fine", ()),
        ((), "The specified schema produces a constraint that has too many states for serving", ("response_format",)),
        ((), "Invalid schema for response", ("response_format",)),
        ((), "max_tokens is too large: 14817. This model supports at most 4096 completion tokens", ()),
        (("max_tokens",), "max_tokens is too large: 14817", ()),
        ((), "Invalid max_tokens value, the valid range of max_tokens is [1, 4096]", ()),
        ((), "Unknown field", ()),
        ((), "", ()),
    ],
)
def test_parameters_are_named_in_fields_or_words(paths: tuple[str, ...], text: str, names: tuple[str, ...]) -> None:
    assert refused_parameters(ErrorBody(parameters=paths, text=text)) == names


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("max_tokens (10000) cannot exceed 8192", True),
        ("The maximum tokens you requested exceeds the model limit of 2048", True),
        ("`max_completion_tokens` must be less than or equal to 8000", True),
        ("'max_tokens' is not supported with this model", False),
        ("Unsupported parameter: max_completion_tokens", False),
    ],
)
def test_a_refused_number_is_told_from_a_refused_name(text: str, refused: bool) -> None:
    assert refuses_number_of_tokens(ErrorBody(text=text)) is refused
