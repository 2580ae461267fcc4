"""Check digits of cards, accounts and national ids.

Each function takes the bare characters, without separators, and returns whether the check digits are right. The length must
already be right.
"""

import string

# Verhoeff's tables: multiplication in the dihedral group D5, and the permutation of the digit at each position, modulo 8.
_D5 = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_PERMUTATION = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
# Luhn: twice a digit; where the result has two digits, their sum.
_DOUBLED = str.maketrans("0123456789", "0246813579")
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
# Italian tax code: values of characters at odd positions (counted from 1), for 0-9 and for A-Z.
_CF_ODD_DIGITS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_CF_ODD_LETTERS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)


def luhn(digits: str) -> bool:
    """ISO/IEC 7812: payment cards."""
    if not digits.isascii():
        digits = "".join(str(int(digit)) for digit in digits)
    doubled = digits[-2::-2].translate(_DOUBLED)
    return (sum(map(int, digits[-1::-2])) + sum(map(int, doubled))) % 10 == 0


def mod97(iban: str) -> bool:
    """ISO 13616: IBAN. The first four characters go to the end, letters count from A = 10, and the number modulo 97 is 1."""
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def verhoeff(digits: str) -> bool:
    """Indian Aadhaar number: Verhoeff's algorithm."""
    state = 0
    for i, digit in enumerate(reversed(digits)):
        state = _D5[state][_PERMUTATION[i % 8][int(digit)]]
    return state == 0


def dni(number: str) -> bool:
    """Spanish DNI (8 digits and a letter) or NIE (X, Y or Z for the first digit)."""
    digits = number[:-1].translate(str.maketrans("XYZ", "012"))
    return _DNI_LETTERS[int(digits) % 23] == number[-1]


def codice_fiscale(code: str) -> bool:
    """Italian tax code of a person, 16 characters."""
    total = 0
    for i, character in enumerate(code[:15]):
        value = int(character, 36)
        if i % 2:
            total += value if value < 10 else value - 10
        else:
            total += _CF_ODD_DIGITS[value] if value < 10 else _CF_ODD_LETTERS[value - 10]
    return string.ascii_uppercase[total % 26] == code[15]


def nir(number: str) -> bool:
    """French social security number: 13 characters and a key of 2; Corsica's departments 2A and 2B count as 19 and 18."""
    body = number[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(number[13:])


def steuer_id(digits: str) -> bool:
    """German tax id: ISO 7064 mod 11,10; of the first ten digits exactly one digit occurs two or three times."""
    counts = sorted(digits[:10].count(d) for d in set(digits[:10]))
    if digits[0] == "0" or counts[-1] not in (2, 3) or counts[-2:-1] not in ([1], []):
        return False
    product = 10
    for digit in digits[:10]:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def bsn(digits: str) -> bool:
    """Dutch citizen number: a weighted sum that is divisible by 11; the last digit has weight -1."""
    weighted = sum(int(d) * w for d, w in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True))
    return weighted % 11 == 0 and int(digits) > 0


def cpf(digits: str) -> bool:
    """Brazilian taxpayer number: two check digits. Eleven equal digits pass the sums, but are never assigned."""
    if len(set(digits)) == 1:
        return False
    for n in (9, 10):
        total = sum(int(d) * (n + 1 - i) for i, d in enumerate(digits[:n]))
        if total * 10 % 11 % 10 != int(digits[n]):
            return False
    return True


def pesel(digits: str) -> bool:
    """Polish citizen number: a birth date whose month encodes the century, and a weighted sum that is divisible by 10."""
    month, day = int(digits[2:4]) % 20, int(digits[4:6])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    total = sum(int(d) * w for d, w in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), strict=True))
    return total % 10 == 0


def resident_id(number: str) -> bool:
    """Chinese resident identity number: ISO 7064 mod 11-2, with X for 10."""
    total = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(number[:17]))
    return (total + (10 if number[17] in "Xx" else int(number[17]))) % 11 == 1


def rut(number: str) -> bool:
    """Chilean RUT: weights 2 to 7 from the right, repeated; K for 10."""
    total = sum(int(digit) * (2 + at % 6) for at, digit in enumerate(reversed(number[:-1])))
    return "0K987654321"[total % 11] == number[-1].upper()


_VIN_VALUES = dict(
    zip("ABCDEFGHJKLMNPRSTUVWXYZ", (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def vin(number: str) -> bool:
    """Vehicle identification number by 49 CFR 565: the ninth character is the weighted sum modulo 11, X for 10."""
    total = sum((_VIN_VALUES.get(c) or int(c)) * weight for c, weight in zip(number, _VIN_WEIGHTS, strict=True))
    return "0123456789X"[total % 11] == number[8]
