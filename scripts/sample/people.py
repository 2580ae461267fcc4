"""Data of people who do not exist, in ranges kept free for that: example.com, 555-01xx, test cards, TEST-NET-3 (RFC 5737)."""

from random import Random

_GIVEN = ("Marta", "Jonas", "Priya", "Olek", "Chiara", "Daniel", "Noor", "Inês", "Tomás", "Hana", "Felix", "Grace")
_FAMILY = ("Brandner", "Whitcombe", "Okafor", "Lindqvist", "Moretti", "Duarte", "Sandhu", "Keller", "Novák", "Ferreira")
_CARDS = ("4111 1111 1111 1111", "5555 5555 5555 4444", "3782 822463 10005", "6011 1111 1111 1117")


def person(rng: Random) -> str:
    return f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}"


def email(rng: Random) -> str:
    ascii_names = [name for name in _GIVEN if name.isascii()]
    return f"{rng.choice(ascii_names).lower()}.{rng.randrange(10, 99)}@example.com"


def phone(rng: Random) -> str:
    return f"({rng.choice((212, 312, 415, 617))}) 555-01{rng.randrange(100):02d}"


def card(rng: Random) -> str:
    return rng.choice(_CARDS)


def ip(rng: Random) -> str:
    return f"203.0.113.{rng.randrange(21, 250)}"
