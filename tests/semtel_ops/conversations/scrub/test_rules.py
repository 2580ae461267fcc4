import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semtel_ops.conversations.scrub import PiiType, RuleScrubber

scrubber = RuleScrubber()

FOUND = [
    # E-mail
    ("Write to john.doe+news@example.co.uk.", "Write to [EMAIL]."),
    ("<a@b.de>,c_d@e-f.org;x@y.io", "<[EMAIL]>,[EMAIL];[EMAIL]"),
    ("josé@exámple.com", "[EMAIL]"),
    ("mailto:a@b.com?subject=x", "mailto:[EMAIL]?subject=x"),
    # Phones
    ("+44 20 7946 0958", "[PHONE]"),
    ("ring +1 (555) 123-4567 now", "ring [PHONE] now"),
    ("(555) 123-4567 or 555-123-4567 or 1.555.123.4567", "[PHONE] or [PHONE] or [PHONE]"),
    ("06 12 34 56 78", "[PHONE]"),
    ("06.12.34.56.78", "[PHONE]"),
    ("0171/1234567", "[PHONE]"),
    ("020 7946 0958", "[PHONE]"),
    ("my phone number is 5551234567", "my phone number is [PHONE]"),
    ("Tel.: 1234567", "Tel.: [PHONE]"),
    # Cards
    ("4111 1111 1111 1111", "[CREDIT_CARD]"),
    ("card 4111111111111111, exp 12/27", "card [CREDIT_CARD], exp 12/27"),
    ("3782 822463 10005", "[CREDIT_CARD]"),
    ("5555-5555-5555-4444", "[CREDIT_CARD]"),
    ("1111 4111 1111 1111 1111", "1111 [CREDIT_CARD]"),
    # Accounts
    ("GB29 NWBK 6016 1331 9268 19 please", "[IBAN] please"),
    ("IBAN DE89370400440532013000", "IBAN [IBAN]"),
    ("BE68 5390 0754 7034", "[IBAN]"),
    ("my account number is 12345678", "my account number is [BANK_ACCOUNT]"),
    ("sort code 20-00-00", "sort code [BANK_ACCOUNT]"),
    # Addresses of machines
    ("from 203.0.113.7:8080", "from [IP_ADDRESS]:8080"),
    ("ping 8.8.8.8", "ping [IP_ADDRESS]"),
    ("I use 192.168.1.10.", "I use [IP_ADDRESS]."),
    ("2001:db8::ff00:42:8329", "[IP_ADDRESS]"),
    ("2001:0db8:0000:0000:0000:ff00:0042:8329", "[IP_ADDRESS]"),
    # Secrets
    ("sk-proj-abc123DEF456ghi789JKL", "[SECRET]"),
    ("token ghp_abcdefghijklmnopqrstuvwxyz0123456789", "token [SECRET]"),
    ("AKIAIOSFODNN7EXAMPLE", "[SECRET]"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "[SECRET]"),
    ("Authorization: Bearer abcDEF123456ghiJKL789", "Authorization: Bearer [SECRET]"),
    ("password: hunter22!", "password: [SECRET]"),
    ('"api_key": "9f8A7b6C5d4E3f2G1h0I"', '"api_key": "[SECRET]"'),
    ("SECRET_KEY = 'dj4ng0-x8$mq2'", "SECRET_KEY = 'dj4ng0-x8$mq2'"),  # too short to tell from a name
    ("client_secret=0123456789abcdef0123456789abcdef", "client_secret=[SECRET]"),
    ("postgres://bob:s3cr3t@db.example/x", "postgres://[CREDENTIALS]@db.example/x"),
    ("a\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nAAAA\n-----END RSA PRIVATE KEY-----\nb", "a\n[SECRET]\nb"),
    ("-----BEGIN PRIVATE KEY-----\nMIIEabc\n", "[SECRET]\n"),
    # National ids
    ("123-45-6789", "[NATIONAL_ID]"),
    ("my SSN is 123 45 6789", "my SSN is [NATIONAL_ID]"),
    ("NINO AB 12 34 56 C", "NINO [NATIONAL_ID]"),
    ("1 84 12 76 451 089 46", "[NATIONAL_ID]"),
    ("DNI 12345678Z, NIE X1234567L", "DNI [NATIONAL_ID], NIE [NATIONAL_ID]"),
    ("RSSMRA85T10A562S", "[NATIONAL_ID]"),
    ("Steuer-ID: 86095742719", "Steuer-ID: [NATIONAL_ID]"),
    ("86 095 742 719", "[NATIONAL_ID]"),
    ("BSN 111222333", "BSN [NATIONAL_ID]"),
    ("529.982.247-25", "[NATIONAL_ID]"),
    ("Aadhaar 2345 6789 0124", "Aadhaar [NATIONAL_ID]"),
    ("PESEL 44051401359", "PESEL [NATIONAL_ID]"),
    # Streets
    ("I live at 123 Main Street, Springfield, IL 62704.", "I live at [ADDRESS]."),
    ("221B Baker St, flat 2", "[ADDRESS], flat 2"),
    ("12 Ocean Drive", "[ADDRESS]"),
    ("P.O. Box 1234", "[ADDRESS]"),
    ("Ich wohne Berliner Straße 12", "Ich wohne [ADDRESS]"),
    ("Hauptstr. 5a, 10115 Berlin", "[ADDRESS]"),
    ("5 rue de la Paix, 75002 Paris", "[ADDRESS]"),
    ("vivo en calle Mayor 12", "vivo en [ADDRESS]"),
    ("Via Roma, 12", "[ADDRESS]"),
    # Names
    ("My name is Anna Schmidt.", "My name is [NAME]."),
    ("Hi, my name is john and I code", "Hi, my name is [NAME] and I code"),
    ("mi nombre es José García López", "mi nombre es [NAME]"),
    ("Je m'appelle Marie-Claire", "Je m'appelle [NAME]"),
    ("Ich heiße Jürgen von der Heide, ", "Ich heiße [NAME], "),
    ("меня зовут Иван", "меня зовут [NAME]"),
    ("我叫王小明。", "我叫[NAME]。"),
    ("Dear Mr. Smith,\nthanks", "Dear Mr. [NAME],\nthanks"),
    ("Cher Paul,", "Cher [NAME],"),
    ("Best regards,\nJohn Smith\n", "Best regards,\n[NAME]\n"),
    # Characters of other scripts
    ("電話０９０－１２３４－５６７８です", "電話[PHONE]です"),
    ("اتصل ٠٥٠١٢٣٤٥٦٧", "اتصل [PHONE]"),
    ("sato＠example.jp", "[EMAIL]"),
]

FALSE_FRIENDS = [
    "def f(x): return x @ y.T",
    "@app.route('/users/<int:id>') and @property",
    "git clone git@github.com:org/repo.git",
    "npm install react@18.2.0",
    "std::vector<int>::iterator it; Foo::bar(); a::b",
    "version 10.0.19041.1 and v1.2.3.4 and release 24.8.30.1",
    "Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36",
    "1.2.3.4 Results of the study",
    "127.0.0.1 and 0.0.0.0:8080 and ::1",
    "2026-11-23T10:15:30Z, 23/11/2026, 11-23-2026, 06.12.2023 14:30",
    "06-12-2023 14:30:45,123",
    "from 2019 to 2023, about 1,234,567.89 or 3.14159265358979",
    "pi = 3.14159265358979323846",
    "1700000000 1700000000000 0xDEADBEEF",
    "550e8400-e29b-41d4-a716-446655440000",
    "ISBN 978-3-16-148410-0 and 0-306-40615-2",
    "d41d8cd98f00b204e9800998ecf8427e",
    "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]",
    "01 02 03 04 05 06 07 08 09",
    "100 200 300 400 500 600 700 800",
    "12345678 rows, 123456789 bytes",
    "4111 1111 1111 1112",
    "x = 1234567890123456",
    "key = dict.get('name'); token: str = field(); password = os.environ['PASSWORD']",
    "password: string, password=None, password = getpass()",
    "if key == value: print(f'{key}={value}')",
    "the key is to practise; the secret is patience",
    "my name is important to me. My name is on the list.",
    "His name is mentioned. Name the capitals. I am called upon to act",
    "Dear Sir or Madam,",
    "Dear Hiring Manager,",
    "Oh dear, that is bad. Dear customers:",
    "Best regards and see you",
    "3 External Hard Drive, 500 GB Hard Drive",
    "10 Best Street Foods Ever",
    "2 route options, 3 place holders, 5 way tie",
    "via Python 3, via GitHub 2",
    "call 911 or text 12345",
    "the phone has 128 GB and 2024 x 1080 px",
    "SELECT id FROM t WHERE a BETWEEN 100 AND 200",
    "sk-learn, task-management-for-everyone, ask-me",
    "The bearer of this letter; basic understanding of mathematics",
    "AB12 CD34 EF56",
    "https://example.com/a/b?x=1&y=2#z",
    "10:30:45 and 1:2:3 and 00:1A:2B",
    "H2O, CO2, C6H12O6, R2D2, B2B, 3D",
]


@pytest.mark.parametrize(("text", "scrubbed"), FOUND)
def test_what_is_found(text: str, scrubbed: str) -> None:
    assert scrubber.scrub(text).text == scrubbed


@pytest.mark.parametrize("text", FALSE_FRIENDS)
def test_false_friends_stay(text: str) -> None:
    assert scrubber.scrub(text).text == text


@pytest.mark.parametrize("text", [text for text, _ in FOUND])
def test_what_is_found_is_found_inside_other_text(text: str) -> None:
    alone = scrubber.scrub(text)
    among = scrubber.scrub(f"First line, nothing here.\n{text}\nLast line.")
    assert among.text == f"First line, nothing here.\n{alone.text}\nLast line."


def test_every_type_is_counted() -> None:
    counts = scrubber.scrub("a@b.de, c@d.de and 4111 1111 1111 1111").counts
    assert counts == {PiiType.EMAIL: 2, PiiType.CREDIT_CARD: 1}


def test_only_the_wanted_types_are_replaced() -> None:
    only = RuleScrubber([PiiType.EMAIL])
    assert only.scrub("a@b.de 4111 1111 1111 1111").text == "[EMAIL] 4111 1111 1111 1111"


def test_untouched_text_is_the_same_object() -> None:
    text = "nothing to see here " * 100
    assert scrubber.scrub(text).text is text


def test_letters_that_grow_in_lower_case_do_not_shift_anything() -> None:
    assert scrubber.scrub("İİİ İstanbul, password: hunter22 a@b.de").text == "İİİ İstanbul, password: [SECRET] [EMAIL]"


@pytest.mark.parametrize("text", ["", "\x00", "\ud800 a@b.de \udfff", "[EMAIL]", "\n\n\n", "\u202ea@b.de", "1" * 1000])
def test_broken_text_is_no_reason_to_stop(text: str) -> None:
    once = scrubber.scrub(text)
    assert "a@b.de" not in once.text
    assert scrubber.scrub(once.text).text == once.text


@given(st.text())
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    once = scrubber.scrub(text).text
    assert scrubber.scrub(once).text == once


fragments = st.sampled_from(
    [text for text, _ in FOUND]
    + FALSE_FRIENDS
    + ["[EMAIL]", "[PHONE] ", "call ", "1", "4111", "@", "a.b", " ", "\n", "key=", "-", "+", "."]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(fragments, max_size=8).map("".join))
def test_scrubbing_twice_changes_nothing_in_personal_data_run_together(text: str) -> None:
    once = scrubber.scrub(text).text
    assert scrubber.scrub(once).text == once


@given(st.from_regex(r"[a-z0-9][a-z0-9._]{0,20}@[a-z0-9]{1,10}\.(com|de|org)", fullmatch=True), st.text(" \n,;:()", max_size=3))
def test_no_plain_address_survives(address: str, edge: str) -> None:
    assert address not in scrubber.scrub(f"x {edge}{address}{edge} y").text


@pytest.mark.parametrize(
    "unit",
    ["1", "@", "a", " ", "a.", "a@", "1 ", "1.", "::", "://a:", "AA11 ", "1234 ", "key=", "my name is ", "dear ", "tel 1 ", "eyJ",
     "01 ", "+1", "-----BEGIN PRIVATE KEY-----", "x@a.bc.", "regards\n", "1 Aa Straße ", "1 Main St ",
     "passport ", "dob ", "a at b dot ", "[at]a", "0a:", "1.12345,", "i'm Ab ", "Name: Ab ", "我是王", "twitter @", "A1", "区1", "ул. А ", "م شارع "],
)  # fmt: skip
def test_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    """Eight times the text in less than twenty-four times the time: a square would take sixty-four."""

    def seconds(chars: int) -> float:
        text = (unit * (chars // len(unit) + 1))[:chars]
        before = time.process_time()
        scrubber.scrub(text)
        return time.process_time() - before

    bound = 24 * max(min(seconds(20_000) for _ in range(3)), 0.002)
    assert any(seconds(160_000) < bound for _ in range(3))  # the first that is fast enough ends it


def test_a_large_text_is_scrubbed_as_its_lines_are() -> None:
    lines = [f"{at}\nnothing {at % 10} here" if at % 7 else FOUND[at % len(FOUND)][0] for at in range(20_000)]
    lines = [line for line in lines if "PRIVATE KEY" not in line]
    text = "\n.\n".join(lines)
    assert len(text) > 400_000
    assert scrubber.scrub(text).text == "\n.\n".join(scrubber.scrub(line).text for line in lines)
