"""docs/explore.md: what it says that the commands print is what they print, but for times."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import armsym.cli
from armsym.explore.app import Explorer
from armsym.explore.commands import HELP

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explore.md").read_text(encoding="utf-8")


def untimed(text: str) -> str:
    return re.sub(r"\d+\.\d+ s\b", "T s", text)


def test_the_session_of_the_page(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ((command, said),) = re.findall(r"```text\n\$ armsym (explore [^\n]*)\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.chdir(ROOT)
    assert armsym.cli.run(shlex.split(command)) == 0
    assert untimed(capsys.readouterr().out) == untimed(said)


def test_the_suggestion_of_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ((said),) = re.findall(r"```text\n(# loop at .*?)```", PAGE, re.DOTALL)
    own = ROOT / "crypto_examples" / "own_sha512"
    text = (own / "proof.py").read_text(encoding="utf-8")
    bare = text[: text.index("    # The loop is tested")] + text[text.index("    p.modifies(state)") :]
    (tmp_path / "my_proof.py").write_text(bare, encoding="utf-8")
    (tmp_path / "sha512.o").write_bytes((own / "sha512.o").read_bytes())
    monkeypatch.chdir(tmp_path)
    assert armsym.cli.run(["suggest", "my_proof.py"]) == 0
    assert capsys.readouterr().out == said


def test_the_page_names_every_command_and_key() -> None:
    words = {w for line in HELP for part in re.split(r"; ", line.partition("    ")[0]) for w in part.split(", ")}
    assert all(f"`{w.split()[0]}" in PAGE or f" {w.split()[0]}" in PAGE for w in words)
    keys = [b[0] if isinstance(b, tuple) else (b.key_display or b.key) for b in Explorer.BINDINGS]
    assert all(f"`{k}`" in PAGE for k in keys if k not in ("?", "escape"))
