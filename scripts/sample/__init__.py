"""How the shipped sample is made: scenes written by hand (`scenarios/`, `reactions.txt`), put together by a seeded draw.

Here: reading and wording the scenes, long pastes, fictional people, the odd ones, the weeks and their story. Not here: where
files are written (`scripts/make_sample.py`).
"""

from sample.assemble import make_records
from sample.summary import summarise

__all__ = ["make_records", "summarise"]
