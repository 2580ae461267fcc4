"""Names of people after a phrase that announces a name. To recognize other names, a model is necessary."""

import re
from collections.abc import Iterator

from semtel_ops.conversations.scrub.cues import longest_word, words
from semtel_ops.conversations.scrub.model import PiiType, Span
from semtel_ops.conversations.scrub.names_elsewhere import names_elsewhere

INTRODUCTIONS = (
    "my name is", "my name's", "my full name is", "i am called", "i'm called", "please call me", "you can call me",
    "mi nombre es", "me llamo", "je m'appelle", "je m’appelle", "mon nom est", "ich heiße", "ich heisse", "mein name ist",
    "mi chiamo", "il mio nome è", "meu nome é", "meu nome completo é", "mi nombre completo es", "me chamo", "mijn naam is",
        "ik heet", "nazywam się", "mam na imię",
    "меня зовут", "моё имя", "мое имя", "benim adım", "adım", "moi c'est", "moi c’est", "nama saya", "jag heter",
        "jeg heter", "jeg hedder", "nimeni on",
    "my wife's name is", "my husband's name is", "my son's name is", "my daughter's name is", "my brother's name is",
    "my sister's name is", "my mother's name is", "my father's name is", "my mom's name is", "my dad's name is",
    "my boss's name is", "my partner's name is", "my friend's name is", "my girlfriend's name is", "my boyfriend's name is",
    "mein sohn heißt", "meine tochter heißt", "meine frau heißt", "mein mann heißt", "mon fils s'appelle", "ma fille s'appelle",
    "mi hijo se llama", "mi hija se llama", "mio figlio si chiama", "mia figlia si chiama", "meu filho se chama",
    "minha filha se chama", "mój syn ma na imię", "моего сына зовут", "мою дочь зовут",
)  # fmt: skip
CLAIMS = (
    "i'm", "i’m", "i am", "this is", "soy", "ich bin", "je suis", "sono", "sou", "sou a", "sou o", "jestem", "ben", "я",
        "ik ben",
)  # fmt: skip
"""Words that a name of two words may follow, or anything else."""
FIELDS = (
    "name", "client name", "customer name", "employee name", "signed", "applicant", "full name", "first name", "last name",
        "patient", "nombre", "nombre completo", "nom", "prénom", "nome",
        "nome completo",
    "vorname", "nachname", "ad soyad", "adı soyadı", "имя", "фио", "imię", "imię i nazwisko", "nazwisko", "naam",
        "contact", "contacto",
    "patient name", "customer", "client", "employee", "tenant", "insured", "claimant", "beneficiary", "cardholder",
    "account holder", "emergency contact", "next of kin", "attn", "paciente", "cliente", "empleado", "kunde", "patientin",
    "mieter", "pacjent", "klient", "клиент", "пациент", "müşteri", "hasta",
    "kontoinhaber", "titular", "titulaire", "intestatario", "rekeninghouder",
)  # fmt: skip
"""Words before a colon that announce a name of two words."""
SALUTATIONS = (
    "dear", "estimado", "estimada", "querido", "querida", "cher", "chère", "sehr geehrter herr", "sehr geehrte frau",
        "lieber",
    "liebe", "caro", "cara", "prezado", "prezada", "geachte heer", "geachte mevrouw", "beste", "уважаемый", "уважаемая",
    "дорогой", "дорогая", "gentile", "egregio", "madame", "monsieur", "szanowny panie", "szanowna pani", "drogi", "droga",
        "sayın", "sevgili",
)  # fmt: skip
FAREWELLS = (
    "regards", "sincerely", "sincerely yours", "signed:", "signed,", "yours truly", "yours faithfully", "many thanks", "cheers",
        "atentamente", "saludos",
    "cordialement", "mit freundlichen grüßen", "viele grüße",
    "cordiali saluti", "atenciosamente", "met vriendelijke groet", "un saludo", "saludo", "с уважением", "saygılarımla",
        "pozdrawiam",
    "z poważaniem", "abraços", "bien à vous", "distinti saluti", "liebe grüße", "beste grüße",
)  # fmt: skip
# Words that can follow these phrases and are not names.
_NOT_NAMES = frozenset({
    "a", "all", "an", "and", "any", "at", "because", "being", "but", "by", "called", "colleague", "colleagues",
    "committee", "community", "customer", "customers", "dad", "diary", "editor", "everybody", "everyone", "family",
    "folks", "for", "friend", "friends", "from", "god", "guest", "hiring", "i", "important", "in", "irrelevant", "is",
    "it", "ladies", "lord", "madam", "manager", "me", "member", "members", "mentioned", "mom", "mum", "my", "name",
    "named", "no", "nobody", "none", "not", "of", "on", "one", "or", "our", "parent", "parents", "prof", "professor",
    "professors", "neighbor", "neighbors", "neighbour", "neighbours", "assistant", "human", "white", "people", "reader",
        "readers", "recruiter", "recruitment", "santa", "sir", "sirs", "so", "spelled", "spelt",
    "student", "students", "support", "taken", "team", "that", "the", "this", "to", "too", "unknown", "user", "users",
    "programm", "open", "chatgpt", "gpt", "bot", "chatbot", "ai", "valued", "very", "what", "with", "world", "you", "your",
})  # fmt: skip
_NOT_CLAIMED = frozenset({
    "african", "ai", "alman", "also", "amazon", "american", "apple", "artificial", "asian", "assistant", "bad", "big",
    "black", "british", "captain", "catholic", "certified", "chapter", "chatgpt", "chief", "chinese", "christian",
    "data", "day", "deep", "developer", "doctor", "east", "engineer", "english", "european", "french", "german", "good",
    "google", "great", "happy", "harry", "how", "indian", "iron", "italian", "japanese", "jewish", "junior", "just",
    "king", "korean", "language", "latino", "little", "lord", "machine", "mental", "microsoft", "model", "muslim",
    "new", "north", "not", "openai", "part", "president", "queen", "real", "red", "russian", "sad", "saint", "section",
    "senior", "software", "sorry", "south", "spanish", "star", "still", "super", "sure", "türk", "united", "web",
    "west", "what", "white", "why",
})  # fmt: skip
_PARTICLES = frozenset({
    "al", "and", "ben", "bin", "da", "de", "del", "den", "der", "dos", "e", "et", "i", "la", "und", "van", "von", "y",
})  # fmt: skip
_TITLE = (
    r"(?:(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof|Professor|Sr|Sra|Srta|Herr|Frau|M|Mme|Mlle|Sig|Sig\.ra|Monsieur|Madame|"
    r"Pan|Pani)\.? )?"
)
_WORD = r"[^\W\d_](?:[^\W\d_]|['’\-](?=[^\W\d_])){0,29}"
_NAME = rf"{_TITLE}(?P<name>{_WORD}(?: (?:(?:van|von|de|der|den|del|da|dos|la|al|bin|ben) ){{0,2}}{_WORD}){{0,3}})"


def _phrases(phrases: tuple[str, ...]) -> str:
    return "|".join(re.escape(phrase).replace(r"\ ", r"\s") for phrase in sorted(phrases, key=len, reverse=True))


_INTRODUCED = re.compile(rf"\b(?i:{_phrases(INTRODUCTIONS)})[:\s]\s{{0,3}}[\"'“]?{_NAME}")
_CAPITALIZED = (
    r"(?P<name>[^\W\d_a-zà-ÿ][^\W\d_]{1,24}(?: (?:(?:van|von|de|der|del|da|dos|la|al|bin|De|Di) "
    r")?[^\W\d_a-zà-ÿ][^\W\d_]{1,24}){1,3})"
)
_PAUSE = r"(?=[.!?\n]|$|,|\s(?:from|aus|uit|från|fra|de|z|ze|di|da|and|und|y|et|e|i|from|here|speaking|calling)\b)"
_CLAIMED = re.compile(rf"(?<![\w'’])(?i:{_phrases(CLAIMS)})\s{_TITLE}{_CAPITALIZED}{_PAUSE}")
_FIELD = re.compile(rf"(?:^|[\n,;|])[ \t*\-•]{{0,4}}(?i:{_phrases(FIELDS)})(?: name)?\s?:\s?{_CAPITALIZED}(?=[,;.|\n)]|$)")
_GREETED = re.compile(rf"(?<!\w)(?i:{_phrases(SALUTATIONS)})\s{_NAME}\s?[,:;!—–…\n]")
_SIGNED = re.compile(rf"\b(?i:{_phrases(FAREWELLS)})[,.!]?[ \t]?\n{{1,3}}[ \t]?{_NAME}[ \t]?(?=\n|$|,)")

# The longest word of every phrase; text without any of these words contains no phrase.
_INTRODUCTION_WORDS, _FIELD_WORDS, _SALUTATION_WORDS, _FAREWELL_WORDS = (
    frozenset(map(longest_word, phrases)) for phrases in (INTRODUCTIONS, FIELDS, SALUTATIONS, FAREWELLS)
)


def names(text: str, lowered: str) -> Iterator[Span]:
    """Names after an introduction, in a salutation, and below a letter; `lowered` is the text in lower case."""
    if not text.isascii():
        yield from names_elsewhere(text)
    # Splitting into words once is faster than a search for each phrase.
    here = words(lowered)
    if not _INTRODUCTION_WORDS.isdisjoint(here) and any(map(lowered.__contains__, INTRODUCTIONS)):
        yield from _name_spans(_INTRODUCED, text, lone_lower_case=True)
    if any(map(lowered.__contains__, CLAIMS)):
        yield from _claimed(text)
    if ":" in text and not _FIELD_WORDS.isdisjoint(here):
        for match in _FIELD.finditer(text):
            yield Span(*match.span("name"), PiiType.NAME)
    if not _SALUTATION_WORDS.isdisjoint(here) and any(map(lowered.__contains__, SALUTATIONS)):
        yield from _name_spans(_GREETED, text)
    if "\n" in text and not _FAREWELL_WORDS.isdisjoint(here) and any(map(lowered.__contains__, FAREWELLS)):
        yield from _name_spans(_SIGNED, text)


def _claimed(text: str) -> Iterator[Span]:
    """Names of two words or more after "I am"; among them must be no word that follows "I am" for other reasons."""
    for match in _CLAIMED.finditer(text):
        if not any(
            word.lower() in _NOT_NAMES or word.lower() in _NOT_CLAIMED or word.isupper() for word in match["name"].split(" ")
        ):
            yield Span(*match.span("name"), PiiType.NAME)


def _name_spans(pattern: re.Pattern[str], text: str, *, lone_lower_case: bool = False) -> Iterator[Span]:
    for match in pattern.finditer(text):
        start = match.start("name")
        length = _name_length(match["name"])
        if length:
            yield Span(start, start + length, PiiType.NAME)
        elif lone_lower_case and _is_lower_case_name(text, start, match["name"]):
            yield Span(start, start + len(match["name"].split(" ")[0]), PiiType.NAME)


def _name_length(name: str) -> int:
    """Length of the name at the start: capitalized words with particles between them. 0 where the first word is not a name."""
    words = name.split(" ")
    if words[0].lower() in _NOT_NAMES or not words[0][0].isupper():
        return 0
    end = at = len(words[0])
    for word in words[1:]:
        at += 1 + len(word)
        if word[0].isupper() and word.lower() not in _NOT_NAMES:
            end = at
        elif word not in _PARTICLES:
            break
    return end


def _is_lower_case_name(text: str, start: int, name: str) -> bool:
    """Whether the first word is a name in lower case: only if a pause or "and" follows, as in "my name is ana and …"."""
    first = name.split(" ", maxsplit=1)[0]
    rest = text[start + len(first) : start + len(first) + 5].lower()
    pause = rest == "" or rest[0] in ".,;!?\n" or rest.rstrip() == " and"
    return pause and len(first) > 1 and first.lower() not in _NOT_NAMES
