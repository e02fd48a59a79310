"""The proofs of docs/integers.md are proved, of the code on the page, and not of code with one instruction wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from assembling import assembled

from armsym.cli import run

PAGE = (Path(__file__).parents[1] / "docs" / "integers.md").read_text(encoding="utf-8")
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _write(folder: Path, change: tuple[str, str] | None = None) -> Path:
    """The page's snippets as a proof file, beside the objects that it names."""
    text = ""
    for language, code in _FENCE.findall(PAGE):
        if language == "python":
            text += code
            continue
        name, _, source = code.partition("\n")
        if change is not None:
            source = source.replace(*change)
        (folder / name.removeprefix("// ")).write_bytes(assembled(source))
    (folder / "page.py").write_text(text, encoding="utf-8")
    return folder / "page.py"


def test_the_page_is_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", str(_write(tmp_path))]) == 0
    out = capsys.readouterr().out
    assert "3 proved" in out


@pytest.mark.parametrize(
    "change",
    [
        ("adcs x4, x4, x6", "adds x4, x4, x6"),
        ("cset x5, cs", "cset x5, cc"),
        ("sqrdmulh v5", "sqdmulh v5"),
        ("mls v4.8h, v5.8h, v3.8h", "mla v4.8h, v5.8h, v3.8h"),
        ("adcs x5, x5, x6", "adds x5, x5, x6"),
        ("sub x0, x0, #1", "subs x0, x0, #1"),
        ("cset x0, cs", "cset x0, mi"),
    ],
    ids=lambda c: c[1].split()[0],
)
def test_a_wrong_instruction_is_refuted(
    change: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["prove", str(_write(tmp_path, change))]) == 1
    assert "2 proved, 1 refuted" in capsys.readouterr().out
