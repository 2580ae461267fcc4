"""Every room has a sign on its door, and what the sign offers is there."""

import importlib
import pkgutil

import pytest

import semtel_ops

ROOMS = sorted(module.name for module in pkgutil.iter_modules(semtel_ops.__path__) if module.ispkg and module.name != "testing")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_belongs_in_it_and_what_does_not(room):
    text = importlib.import_module(f"semtel_ops.{room}").__doc__ or ""
    assert len(text.splitlines()) >= 2, "a sentence on what it is, and what belongs here and what does not"


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_offers_sorted_names_that_exist(room):
    module = importlib.import_module(f"semtel_ops.{room}")
    names = getattr(module, "__all__", [])
    assert list(names) == sorted(names, key=lambda name: (not name.isupper(), name))  # constants first, as ruff sorts
    missing = [name for name in names if not hasattr(module, name)]
    assert missing == []


def test_doubles_are_imported_one_by_one():
    assert not hasattr(importlib.import_module("semtel_ops.testing"), "__all__")
