"""The pages say each thing once: what two changes leave behind when both are kept is found here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from armsym.cli import build

ROOT = Path(__file__).parents[2]
#: docs/proofs.md has a row a proof, docs/conformance.md one a kind of words: theirs may begin alike.
PAGES = sorted(
    p for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")) if p.name not in ("proofs.md", "conformance.md")
)


def _tables(text: str) -> Iterator[list[str]]:
    """The first cells of the rows of each table."""
    rows: list[str] = []
    for line in (*text.splitlines(), ""):
        if line.startswith("|"):
            # `|` within code is written with a backslash.
            rows.append(re.split(r"(?<!\\)\|", line)[1].strip())
        elif rows:
            yield rows
            rows = []


def twice(text: str) -> list[str]:
    """First cells that two rows of one table have, and the first 40 characters of entries that begin alike."""
    found = []
    for rows in _tables(text):
        found += sorted({cell for cell in rows if cell and rows.count(cell) > 1})
    entries = [line[:40] for line in text.splitlines() if line.startswith("- ") and len(line) > 40]
    return found + sorted({entry for entry in entries if entries.count(entry) > 1})


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_no_page_says_a_thing_twice(page: Path) -> None:
    assert twice(page.read_text(encoding="utf-8")) == []


def test_what_is_said_twice_is_found() -> None:
    table = "| what | where |\n|---|---|\n| AES | here |\n| AES \\| SM4 | there |\n"
    assert twice(table) == []
    assert twice(table + "| AES | there |\n") == ["AES"]
    entry = "- in Python, what each asks for in its first lines"
    assert twice(f"{entry}; more\n{entry}: less\n") == [entry[:40]]


def test_each_command_has_one_synopsis_and_all_its_options_are_told() -> None:
    """docs/cli.md, whose synopses may be of several lines; an option may stand in the text below instead."""
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    group = typer.main.get_command(build(conform=False))
    assert isinstance(group, typer.core.TyperGroup)
    told, untold = set(), []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        found = re.match(r"armsym (\w+)\n", section)
        if found is None or found[1] == "conform":  # a group of commands
            continue
        name = found[1]
        assert name not in told
        told.add(name)
        lines = [line for line in section.splitlines() if re.match(rf"    armsym {name} .*\[", line)]
        assert len(lines) <= 1 + (name == "run"), lines  # a run begins with registers, or where another ended
        for option in group.commands[name].params:
            # All take --json, as the page's first lines say.
            written = any(re.search(rf"(?<![\w-]){re.escape(o)}(?![\w-])", section) for o in option.opts)
            if option.param_type_name == "option" and option.opts != ["--json"] and not written:
                untold.append(f"{name} {option.opts}")
    assert untold == []
    assert told == {n for n, c in group.commands.items() if not c.hidden} - {"conform"}
