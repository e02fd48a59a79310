"""The snippets of docs/simulator.md run, and the files they read are assembled from the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from assembling import assembled

PAGE = Path(__file__).parents[1] / "docs" / "simulator.md"
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sections() -> list[tuple[str, str]]:
    """(heading, text) of each second-level section."""
    parts = re.split(r"^## (.*)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def assembly() -> dict[str, str]:
    """File name -> text, of the snippets whose first line names a file: `// sum.o`."""
    found = {}
    for language, text in _FENCE.findall(PAGE.read_text(encoding="utf-8")):
        if language == "asm":
            first, _, rest = text.partition("\n")
            found[first.removeprefix("// ")] = rest
    return found


@pytest.mark.parametrize("section", [s for s in sections() if "```python" in s[1]], ids=lambda s: s[0])
def test_snippets_of_a_section(section: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heading, text = section
    for name, source in assembly().items():
        if name in PAGE.read_text(encoding="utf-8"):
            (tmp_path / name).write_bytes(assembled(source))
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for language, code in _FENCE.findall(text):
        if language == "python":
            exec(compile(code, f"docs/simulator.md: {heading}", "exec"), names)


def test_the_page_has_snippets() -> None:
    assert sum("```python" in text for _, text in sections()) >= 2
