"""The proofs of docs/idioms.md are proved, of the code on the page, and not of code with one instruction wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from assembling import assembled

from armsym.cli import run

PAGE = (Path(__file__).parents[2] / "docs" / "idioms.md").read_text(encoding="utf-8")
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _write(folder: Path, change: tuple[str, str] | None = None) -> Path:
    """The page's snippets as a proof file, beside the objects that it names."""
    text, changed = "", 0
    for language, code in _FENCE.findall(PAGE):
        if language == "python":
            text += code + "\n"
            continue
        name, _, source = code.partition("\n")
        if change is not None:
            changed += source.count(change[0])
            source = source.replace(*change)
        (folder / name.removeprefix("// ")).write_bytes(assembled(source))
    assert change is None or changed == 1, f"{change}: {changed} places on the page"
    (folder / "page.py").write_text(text, encoding="utf-8")
    return folder / "page.py"


def _answers(page: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    run(["prove", str(page), "--json", "-j", "1", *arguments])
    return {p["proof"]: p["status"] for p in json.loads(capsys.readouterr().out)["results"]}


def test_the_page_is_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = _write(tmp_path)
    answers = _answers(page, capsys)
    assert set(answers.values()) == {"proved"}, answers
    assert len(answers) == PAGE.count('@proof("')


@pytest.mark.parametrize(
    ("proof", "change"),
    [
        ("xor_buffers", ("and x3, x3, #15", "and x3, x3, #7")),
        ("xor_buffers", ("strb w5, [x0], #1", "strb w6, [x0], #1")),
        ("xor_backward", ("cbnz x2, 1b\n2:      ret\n.size xor_backward", "ret\n2:      ret\n.size xor_backward")),
        ("xor_backward", ("strb w3, [x0, x2]", "strb w4, [x0, x2]")),
        ("swap_bytes*", ("rev32 v0.16b", "rev64 v0.16b")),
        ("reverse_bits", ("tbz w1, #1, 1f", "tbz w1, #1, 2f")),
        ("reverse_bits", ("rbit x0, x0", "rev x0, x0")),
        ("mix*", ("ror w0, w0, #7", "ror w0, w0, #8")),
        ("mix_twice", ("mov w1, w0\n", "mov w0, w1\n")),
        ("spill", ("sub x9, sp, #64", "sub x9, sp, #128")),
        ("spill", ("mov sp, x29", "add sp, sp, #64")),
    ],
    ids=lambda c: c if isinstance(c, str) else c[1].split("\n")[0],
)
def test_a_wrong_instruction_is_not_proved(
    proof: str, change: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = _answers(_write(tmp_path, change), capsys, "-k", proof)
    assert answers
    assert "proved" not in answers.values(), answers
