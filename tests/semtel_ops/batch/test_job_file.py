"""Files a provider takes, with the bodies realtime would send."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from semtel_ops.batch.job_file import (
    Caps,
    JobFile,
    Target,
    default_caps,
    format_dialect,
    parse_dialect,
    read_keys,
    write_job_files,
)
from semtel_ops.endpoints.dialect import BodyWriter, Dialect, ReplyFormat
from semtel_ops.endpoints.kinds.azure import AzureOptions
from semtel_ops.endpoints.model import Endpoint
from semtel_ops.packing import RequestPlan

MakePlans = Callable[..., list[RequestPlan]]
WIDE = Caps(50_000, 10**9)


def write(plans: list[RequestPlan], folder: Path, endpoint: Endpoint, caps: Caps = WIDE) -> list[JobFile]:
    return write_job_files(iter(plans), [Target(endpoint, Dialect(), caps)], str(folder))


def lines_of(file: JobFile) -> list[dict[str, object]]:
    return [json.loads(line) for line in Path(file.url).read_bytes().splitlines()]


def test_a_line_is_the_body_of_realtime_under_the_key_of_its_content(
    make_plans: MakePlans, endpoint: Endpoint, tmp_path: Path
) -> None:
    plans = make_plans(3)
    (file,) = write(plans, tmp_path, endpoint)
    writer = BodyWriter("m", Dialect())
    for plan, line in zip(plans, lines_of(file), strict=True):
        assert line["custom_id"] == plan.request.key("m")
        assert (line["method"], line["url"]) == ("POST", "/v1/chat/completions")
        assert line["body"] == json.loads(writer.write(plan.request))


def test_the_keys_file_says_what_is_asked_without_any_text(make_plans: MakePlans, endpoint: Endpoint, tmp_path: Path) -> None:
    plans = make_plans(5, text="a secret")
    (file,) = write(plans, tmp_path, endpoint)
    expected = {
        bytes.fromhex(plan.request.key("m")): (plan.request.frame.fingerprint, 0, plan.identity("m").about) for plan in plans
    }
    assert all(about for _frame, _bucket, about in expected.values())
    assert read_keys(file.keys_url) == expected
    assert b"secret" not in Path(file.keys_url).read_bytes()


@pytest.mark.parametrize(("requests", "sizes"), [(4, [4, 4, 2]), (10, [10]), (1, [1] * 10), (9, [9, 1])])
def test_files_are_split_by_requests(
    make_plans: MakePlans, endpoint: Endpoint, tmp_path: Path, requests: int, sizes: list[int]
) -> None:
    files = write(make_plans(10), tmp_path, endpoint, Caps(requests, 10**9))
    assert [file.requests for file in files] == sizes
    assert len({line["custom_id"] for file in files for line in lines_of(file)}) == 10


def test_files_are_split_by_bytes_and_by_tokens(make_plans: MakePlans, endpoint: Endpoint, tmp_path: Path) -> None:
    (whole,) = write(make_plans(10), tmp_path, endpoint)
    for caps in (Caps(100, whole.bytes // 2), Caps(100, 10**9, whole.tokens // 2)):
        files = write(make_plans(10), tmp_path, endpoint, caps)
        assert sum(file.requests for file in files) == 10
        assert len(files) in {2, 3}
        assert all(file.bytes <= caps.bytes and file.tokens <= (caps.tokens or file.tokens) for file in files)
        assert all(file.bytes == Path(file.url).stat().st_size for file in files)


def test_a_request_larger_than_the_tokens_cap_gets_a_file_of_its_own(
    make_plans: MakePlans, endpoint: Endpoint, tmp_path: Path
) -> None:
    assert [file.requests for file in write(make_plans(3), tmp_path, endpoint, Caps(100, 10**9, 1))] == [1, 1, 1]


def test_equal_requests_are_written_once_even_across_files(make_plans: MakePlans, endpoint: Endpoint, tmp_path: Path) -> None:
    plans = make_plans(4)
    files = write([*plans, *plans, plans[0]], tmp_path, endpoint, Caps(3, 10**9))
    assert [file.requests for file in files] == [3, 1]


def test_no_plans_make_no_file(endpoint: Endpoint, tmp_path: Path) -> None:
    assert write([], tmp_path, endpoint) == []
    assert list(tmp_path.iterdir()) == []


def test_azure_names_the_deployment_on_every_line_and_the_key_the_model(make_plans: MakePlans, tmp_path: Path) -> None:
    azure = Endpoint(
        "z", "azure", "https://x.example", "gpt-4o-mini", options=AzureOptions(deployment="nightly", api_version="v")
    )
    (file,) = write(make_plans(2), tmp_path, azure)
    assert {line["body"]["model"] for line in lines_of(file)} == {"nightly"}  # type: ignore[index]
    assert lines_of(file)[0]["custom_id"] == make_plans(1)[0].request.key("gpt-4o-mini")
    assert not Path(file.url).read_bytes().startswith(b"\xef\xbb\xbf")


def test_ceilings_are_those_of_the_provider(endpoint: Endpoint) -> None:
    assert (default_caps(endpoint).requests, default_caps(endpoint).bytes <= 200_000_000) == (50_000, True)
    azure = replace(endpoint, kind="azure", options=AzureOptions(deployment="d", api_version="v"))
    assert (default_caps(azure).requests, default_caps(azure, 7).tokens) == (100_000, 7)


def test_files_go_to_endpoints_in_turn_each_with_its_own_model(
    make_plans: MakePlans, endpoint: Endpoint, tmp_path: Path
) -> None:
    west = replace(endpoint, name="west", model="w")
    targets = [Target(one, Dialect(), Caps(2, 10**9)) for one in (endpoint, west)]
    files = write_job_files(iter(make_plans(5)), targets, str(tmp_path))
    assert [file.target.endpoint.name for file in files] == ["east", "west", "east"]
    assert [{line["body"]["model"] for line in lines_of(file)} for file in files] == [{"m"}, {"w"}, {"m"}]  # type: ignore[index]


def test_the_fingerprint_differs_with_account_dialect_and_requests(
    make_plans: MakePlans, endpoint: Endpoint, tmp_path: Path
) -> None:
    def fingerprint(plans: list[RequestPlan], endpoint: Endpoint = endpoint, dialect: Dialect = Dialect()) -> str:  # noqa: B008
        return write_job_files(iter(plans), [Target(endpoint, dialect, WIDE)], str(tmp_path))[0].fingerprint

    plans = make_plans(3)
    assert fingerprint(plans) == fingerprint(plans)
    others = [
        fingerprint(plans[:2]),
        fingerprint(plans[::-1]),
        fingerprint(plans, replace(endpoint, base_url="http://other/v1")),
        fingerprint(plans, dialect=Dialect(seed=False)),
    ]
    assert len({fingerprint(plans), *others}) == 5


def test_text_that_json_cannot_carry_is_written_all_the_same(make_plans: MakePlans, endpoint: Endpoint, tmp_path: Path) -> None:
    plans = make_plans(1, text='lone \ud800 nul \x00 <|endoftext|> "quote"\n')
    (line,) = lines_of(write(plans, tmp_path, endpoint)[0])
    assert "|endoftext|>" in line["body"]["messages"][-1]["content"]  # type: ignore[index]


DIALECTS = [
    Dialect(),
    Dialect(ReplyFormat.TEXT, "max_completion_tokens", temperature=False, seed=False),
    Dialect(ReplyFormat.JSON_OBJECT_SCHEMA, "max_completion_tokens", temperature=False),
    Dialect(ReplyFormat.JSON_OBJECT, seed=False),
    Dialect(ReplyFormat.JSON_OBJECT_SCHEMA, "max_completion_tokens", system_role=False),
]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_dialect_survives_the_ledger(dialect: Dialect) -> None:
    assert parse_dialect(format_dialect(dialect)) == dialect
    assert len(format_dialect(dialect)) <= 64


def test_a_dialect_that_an_earlier_version_wrote_is_read() -> None:
    assert parse_dialect("json_object max_tokens plain") == Dialect(ReplyFormat.JSON_OBJECT, temperature=False, seed=False)
