import pytest

from semtel_ops.page import PageContext
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger, open_to_read
from tests.support.ledger_year import write_year

WEEKS = 12


@pytest.fixture(scope="session")
def year(tmp_path_factory, project_root):
    """A lake without files and a ledger of twelve weeks, to be read only."""
    folder = tmp_path_factory.mktemp("year")
    url = f"sqlite:///{folder}/ledger.db"
    with open_ledger(url) as ledger:
        weeks = write_year(ledger, weeks=WEEKS, prompts=project_root / "include/prompts")
    return PageContext(open_to_read(url), Lake(str(folder / "lake")), project_root / "include/prompts"), weeks


@pytest.fixture
def source(year):
    return year[0]


@pytest.fixture
def weeks(year):
    return year[1]


@pytest.fixture
def last(weeks):
    return weeks[-1]
