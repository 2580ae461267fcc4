import pytest

from semtel_ops.extensions import COMPRESSORS, TRUNCATION_STRATEGIES, Registry, builtin
from semtel_ops.tokens.compressor import CompressorKind

REGISTRIES = {name: value for name, value in vars(builtin).items() if isinstance(value, Registry)}


@pytest.mark.parametrize("registry", REGISTRIES.values(), ids=REGISTRIES)
def test_every_line_names_something_that_is_there(registry):
    assert registry.names()
    for name in registry.names():
        assert registry.load(name) is not None


def test_every_registry_has_a_group_of_its_own():
    groups = [registry.group for registry in REGISTRIES.values()]
    assert len(set(groups)) == len(groups)
    assert all(group.startswith("semtel_ops.") for group in groups)


def test_what_is_named_is_of_its_registrys_type():
    assert all(isinstance(COMPRESSORS.load(name), CompressorKind) for name in COMPRESSORS.names())
    assert all(callable(TRUNCATION_STRATEGIES.load(name)) for name in TRUNCATION_STRATEGIES.names())
