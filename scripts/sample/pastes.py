"""Long texts that people paste: each a few thousand tokens, so that compression and truncation have work."""

from datetime import UTC, datetime, timedelta
from random import Random

from sample.people import email, ip, person

_ROUTES = ("/v2/cart", "/v2/checkout", "/v2/payments", "/v2/items/search", "/healthz", "/v2/orders")
_SITES = ("Hafen", "Mill Lane", "North, Gate 2", "Roof", "Depot", "Quarry Road")
_AGENDA = (
    "budget", "hiring", "the release", "the office lease", "support times", "training", "travel rules", "the risk list",
    "reference customers", "accessibility findings", "the archive", "the next offsite",
)  # fmt: skip
_REMARKS = (
    "{a} reported that {item} had moved since the last meeting, although not as far as planned.",
    "{b} asked for figures; {a} will send them by the end of the week.",
    "There was a longer discussion whether {item} should be decided now or after the quarter.",
    "{a} pointed out that two of the assumptions behind {item} were made in spring and no longer hold.",
    "{b} preferred a smaller step first and a review after six weeks.",
    "The room was cold again, and {a} told the story of the broken boiler, to general amusement.",
    "It was agreed to keep the present rule until a written proposal is there.",
    "{b} objected that customers would notice; {a} thought that they already had.",
    "Decision: {a} prepares a draft on {item}, {b} reads it before it is sent round.",
    "Open: who tells the other departments, and when.",
)
_CLAUSES = (
    "The tenant bears the cost of all repairs of {thing} regardless of the amount and of the cause.",
    "The landlord may enter the premises at any time to inspect {thing}.",
    "The rent rises each year with the consumer price index, without further notice.",
    "The tenant gives notice of six months, the landlord of three.",
    "The deposit of three monthly rents is held by the landlord; {thing} is to be handed over in the state of the beginning.",
    "Changes to {thing} need the landlord's consent in writing and are to be removed at the end of the term.",
    "Operating costs include cleaning, insurance, lighting of the stairs and upkeep of {thing}, by floor area.",
    "Pets other than small animals need consent, which may be withdrawn for good reason.",
    "The tenant airs and heats the rooms sufficiently and reports damage to {thing} without delay.",
    "Should a provision be invalid, the remaining ones stand, and the parties replace it by what comes closest to it.",
)
_THINGS = (
    "the heating",
    "the windows",
    "the kitchen",
    "the cellar room",
    "the balcony",
    "the water pipes",
    "the locks",
    "the garden",
)
_VERBS = ("sync", "charge", "notify", "archive", "refund", "reindex", "export", "expire", "merge", "verify")
_NOUNS = ("invoice", "account", "ticket", "shipment", "voucher", "address", "session", "report")


def log(rng: Random) -> str:
    """Lines of a service on a bad night: quiet, slow queries, an exhausted pool, restart."""
    clients = [ip(rng) for _ in range(5)]
    start = rng.randrange(3_600, 4 * 3_600)
    lines = []
    for number in range(rng.randrange(95, 130)):
        at = datetime(2026, 10, 20, tzinfo=UTC) + timedelta(seconds=start + number * 4 + rng.randrange(4))
        stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        bad = max(0.0, (number - 40) / 60)
        if rng.random() < bad * 0.4:
            wait = rng.randrange(2_000, 30_000)
            lines.append(
                f"{stamp} ERROR pool: timeout waiting for connection after {wait} ms (active=20 idle=0 queue={number})"
            )
        elif rng.random() < bad * 0.5:
            lines.append(
                f"{stamp} WARN db.payments slow query {rng.randrange(900, 9_000)} ms: select * from payment where ref = $1"
            )
        status = rng.choice((503, 504, 401)) if rng.random() < bad * 0.6 else rng.choice((200, 200, 200, 204, 304))
        took = rng.randrange(8, 90) + int(bad * rng.randrange(4_000))
        asked = f'"GET {rng.choice(_ROUTES)}" {status} {took}ms rid={rng.getrandbits(48):012x}'
        lines.append(f"{stamp} INFO gateway {rng.choice(clients)} {asked}")
    return "\n".join(lines)


def csv(rng: Random) -> str:
    """Sensor readings, of which some names hold a comma."""
    rows = ["id,site,time,temperature_c,humidity,battery"]
    for number in range(rng.randrange(150, 190)):
        temperature = "" if rng.random() < 0.03 else f"{rng.gauss(14, 4):.1f}"
        clock = f"2026-10-{1 + number // 8:02d}T{number % 8 * 3:02d}:00"
        air = f"{temperature},{rng.randrange(38, 97)},{rng.uniform(2.9, 3.7):.2f}"
        rows.append(f"{4100 + number},{rng.choice(_SITES)},{clock},{air}")
    return "\n".join(rows)


def minutes(rng: Random) -> str:
    """Minutes of a meeting that went on for too long."""
    people = [person(rng) for _ in range(5)]
    paragraphs = [f"Minutes of the weekly meeting. Present: {', '.join(people)}. Excused: {person(rng)} ({email(rng)})."]
    for number, item in enumerate(rng.sample(_AGENDA, len(_AGENDA)), start=1):
        said = [_remark(rng, people, item) for _ in range(rng.randrange(11, 16))]
        paragraphs.append(f"{number}. {item[0].upper()}{item[1:]}\n" + " ".join(said))
    return "\n\n".join(paragraphs)


def _remark(rng: Random, people: list[str], item: str) -> str:
    first, second = rng.sample(people, 2)
    return rng.choice(_REMARKS).format(a=first.split()[0], b=second.split()[0], item=item)


def contract(rng: Random) -> str:
    """A rental contract whose paragraphs say things more than once."""
    parties = f"Rental contract between {person(rng)} (landlord) and {person(rng)} (tenant), e-mail {email(rng)}."
    sections = []
    for number in range(1, 25):
        clauses = [rng.choice(_CLAUSES).format(thing=rng.choice(_THINGS)) for _ in range(rng.randrange(6, 9))]
        sections.append(f"§ {number}\n" + "\n".join(f"({place}) {clause}" for place, clause in enumerate(clauses, start=1)))
    return "\n\n".join([parties, *sections])


def module(rng: Random) -> str:
    """A Python module that grew by copying."""
    pairs = rng.sample([(verb, noun) for verb in _VERBS for noun in _NOUNS], rng.randrange(20, 26))
    return "```python\nimport logging\n\nimport requests\n\nfrom db import connect\n\n" + "\n\n".join(
        _HANDLER.format(verb=verb, noun=noun, port=rng.randrange(8_000, 8_100)) for verb, noun in pairs
    ) + "\n```"  # fmt: skip


_HANDLER = '''\
def {verb}_{noun}(job_id, payload):
    """Run by the worker for every {verb} job of a {noun}."""
    con = connect()
    try:
        con.execute("insert into job_log (job_id, step) values (?, ?)", (job_id, "{verb}_{noun}"))
        con.commit()
        logging.info("{verb} {noun}: %s", payload)
        reply = requests.post("http://{noun}s.internal:{port}/{verb}", json=payload)
        if reply.status_code != 200:
            logging.error("{verb} failed for {noun}: %s", payload)
            return None
        con.execute("update {noun} set state = '{verb}' where id = ?", (payload["id"],))
        con.commit()
        return reply.json()
    except Exception as e:
        logging.error(e)
        return None'''
