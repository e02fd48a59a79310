"""Test files have names of their own, as pytest needs; and the files that our pages name are there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"


def test_no_two_test_files_have_one_name() -> None:
    names = Counter(f.name for f in TESTS.rglob("*.py") if f.name not in ("conftest.py", "__init__.py"))
    assert names["test_layout.py"] == 1, "the files are found"
    assert [n for n, count in names.items() if count > 1 and n.startswith("test_")] == []


def _named(text: str) -> Iterator[str]:
    """The files of ours that a text names in backticks, `{a,b}` once for each."""
    for path in re.findall(r"`((?:armsym|semantics|specs|tests|bench|crypto_examples|docs)/[\w./{},*-]+)`", text):
        head, brace, rest = path.partition("{")
        inner, _, tail = rest.partition("}")
        yield from [head + each + tail for each in inner.split(",")] if brace else [path]


@pytest.mark.parametrize("page", ["SOUNDNESS.md", "docs/design.md"])
def test_files_that_are_named_exist(page: str) -> None:
    named = list(_named((ROOT / page).read_text()))
    assert named
    assert [path for path in named if not list(ROOT.glob(path.removesuffix("/**")))] == []


def test_each_risk_is_told_once() -> None:
    """Where two branches changed a row, a merge of text keeps both."""
    rows = re.findall(r"^\| (\d+) \|", (ROOT / "SOUNDNESS.md").read_text(), re.MULTILINE)
    assert rows == [str(n + 1) for n in range(len(rows))]
    assert len(rows) > 30
