import logging
import subprocess
import sys

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.extensions import Registry

GROUP = "semtel_ops.things"
BUILTIN = {"square": "math:sqrt", "floor": "math:floor"}
CODE = "def ceil(x): return x + 1"


def things():
    return Registry("thing", BUILTIN, group=GROUP)


def test_names_are_ours_in_the_tables_order_then_those_of_installed_packages(install):
    install(GROUP, {"up": "their_package:ceil", "down": "their_package:ceil"}, CODE)
    registry = things()
    assert registry.names() == ("square", "floor", "down", "up")
    assert "up" in registry
    assert "sideways" not in registry


def test_what_an_installed_package_names_is_loaded_by_its_name(install):
    install(GROUP, {"up": "their_package:ceil"}, CODE)
    assert things().load("up")(1) == 2
    assert things().load("floor")(1.5) == 1


def test_an_installed_package_cannot_take_the_place_of_ours(install, caplog):
    install(GROUP, {"floor": "their_package:ceil"}, CODE)
    registry = things()
    with caplog.at_level(logging.WARNING):
        assert (registry.names(), registry.names()) == (("square", "floor"), ("square", "floor"))
    assert registry.load("floor")(1.5) == 1
    assert [record.getMessage() for record in caplog.records] == [
        "thing floor of their_package:ceil is ignored: the name is built in"
    ]


@pytest.mark.parametrize(
    ("target", "said"),
    [("nowhere:ceil", "ModuleNotFoundError: No module named 'nowhere'"), ("their_package:fall", "AttributeError: .*fall")],
)
def test_what_cannot_be_imported_is_named_with_the_reason(install, target, said):
    install(GROUP, {"up": target}, CODE)
    with pytest.raises(ConfigError, match=rf"thing: 'up' cannot be imported from {target} \({said}"):
        things().load("up")


def test_an_unknown_name_is_told_the_nearest_and_all_that_are_known():
    fix = r"is not a thing; did you mean floor\? known: square, floor"
    with pytest.raises(ConfigError, match=f"^thing: 'flor' {fix}$"):
        things().load("flor")
    with pytest.raises(ValueError, match=f"^{fix}$"):
        things().checked("flor")
    assert things().checked("floor") == "floor"


def test_names_are_known_without_the_code_they_stand_for():
    """And without a look at what is installed, where a name is ours."""
    code = (
        "import sys, importlib.metadata as metadata\n"
        "def refuse(*_, **__): raise AssertionError('looked at what is installed')\n"
        "metadata.entry_points = refuse\n"
        "from semtel_ops.extensions import TRUNCATION_STRATEGIES\n"
        "assert TRUNCATION_STRATEGIES.checked('turns') == 'turns'\n"
        "print(sorted(name for name in sys.modules if name.startswith('semtel_ops')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "semtel_ops.tokens" not in done.stdout
