from pathlib import Path

from click.testing import CliRunner

from semtel_ops.cli.scrub import scrub


def test_check_prints_the_text_with_placeholders() -> None:
    result = CliRunner().invoke(scrub, ["check", "-"], input="write to a@example.com\n")
    assert result.stdout == "write to [EMAIL]\n"
    assert result.stderr == "1 replacement: email 1\n"


def test_check_takes_hidden_characters_out_first_as_a_run_does() -> None:
    result = CliRunner().invoke(scrub, ["check", "-"], input="write to a@exa\u200bmple.com \U000e0068\x1b[31m\n")
    assert result.stdout == "write to [EMAIL] \n"
    assert result.stderr.splitlines()[0] == "1 replacement: email 1"
    assert "hidden characters removed" in result.stderr


def test_measure_prints_tables(tmp_path: Path) -> None:
    (tmp_path / "en.txt").write_text("write to <<email|a@example.com>>\n", encoding="utf-8")
    result = CliRunner().invoke(scrub, ["measure", str(tmp_path)])
    assert "| `email` | 1.00 of 1 |" in result.stdout


def test_misses_names_what_was_missed_and_wrong_but_not_what_is_held_out(tmp_path: Path) -> None:
    lines = [f"<<name|Zorblax{at}>> wrote a{at}@example.com" for at in range(30)]
    (tmp_path / "en.txt").write_text("\n".join(lines), encoding="utf-8")
    result = CliRunner().invoke(scrub, ["measure", str(tmp_path), "--misses"])
    assert "missed name 'Zorblax" in result.stdout
    assert "wrong email 'a" in result.stdout
    assert 30 < len(result.stdout.splitlines()) < 60
