from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semtel_ops.conversations.scrub import check_digits

# Numbers published as examples by the bodies that give them, or in the standards.
VALID: list[tuple[Callable[[str], bool], str]] = [
    (check_digits.luhn, "4111111111111111"),
    (check_digits.luhn, "79927398713"),
    (check_digits.mod97, "GB29NWBK60161331926819"),
    (check_digits.mod97, "DE89370400440532013000"),
    (check_digits.verhoeff, "2363"),
    (check_digits.verhoeff, "234567890124"),
    (check_digits.dni, "12345678Z"),
    (check_digits.dni, "X1234567L"),
    (check_digits.codice_fiscale, "RSSMRA85T10A562S"),
    (check_digits.nir, "184127645108946"),
    (check_digits.steuer_id, "86095742719"),
    (check_digits.bsn, "111222333"),
    (check_digits.cpf, "52998224725"),
    (check_digits.pesel, "44051401359"),
]


@pytest.mark.parametrize(("check", "number"), VALID)
def test_published_examples_are_valid(check: Callable[[str], bool], number: str) -> None:
    assert check(number)


@pytest.mark.parametrize(("check", "number"), [pair for pair in VALID if pair[0] is not check_digits.codice_fiscale])
def test_one_wrong_digit_is_noticed(check: Callable[[str], bool], number: str) -> None:
    """Every one of these schemes detects any single wrong digit in the number's body."""
    at = max(i for i, character in enumerate(number) if character.isdigit())
    wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
    assert not check(wrong)


def test_corsica_counts_as_the_department_it_was() -> None:
    """1 00 00 2A 000 001: 1000019000001 mod 97 = 79, and 97 - 79 = 18."""
    assert check_digits.nir("100002A00000118")
    assert not check_digits.nir("100002B00000118")


def test_a_wrong_letter_of_a_tax_code_is_noticed() -> None:
    assert not check_digits.codice_fiscale("RSSMRA85T10A562T")


@pytest.mark.parametrize("digits", ["00000000000", "11111111111", "99999999999"])
def test_equal_digits_are_no_taxpayer(digits: str) -> None:
    assert not check_digits.cpf(digits)


def test_zero_is_no_citizen() -> None:
    assert not check_digits.bsn("000000000")


@given(st.text("0123456789", min_size=1, max_size=18))
def test_exactly_one_last_digit_makes_a_number_pass(body: str) -> None:
    assert sum(check_digits.luhn(body + str(digit)) for digit in range(10)) == 1
    assert sum(check_digits.verhoeff(body + str(digit)) for digit in range(10)) == 1
