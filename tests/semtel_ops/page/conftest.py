import pytest
from sqlalchemy import update

from semtel_ops.page import PageContext
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger, open_to_read
from semtel_ops.store.ledger_tables import weekly_share
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


@pytest.fixture
def corrected(tmp_path, project_root):
    """A ledger of twelve weeks; in the last, the topics and their groups were corrected with 300 gold rows, but one."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    with open_ledger(url) as ledger:
        weeks = write_year(ledger, weeks=WEEKS, prompts=project_root / "include/prompts")
        share = weekly_share.c.share
        mine = (weekly_share.c.week == weeks[-1]) & (weekly_share.c.classifier == "topic") & (weekly_share.c.label != "health")
        figures = {
            "share_corrected": share - 0.01, "corrected_low": share - 0.03, "corrected_high": share + 0.02, "corrected_n": 300,
            "corrected_method": "two_phase",
            "corrected_note": "covers sampling and labelling error; rests on 300 gold rows of this week",
        }  # fmt: skip
        with ledger.write() as connection:
            connection.execute(update(weekly_share).where(mine).values(**figures))
    return PageContext(open_to_read(url), Lake(str(tmp_path / "lake")), project_root / "include/prompts"), weeks[-1]
