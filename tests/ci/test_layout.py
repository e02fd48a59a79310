"""What pytest needs of the folders of tests: it collects two files of one name only one at a time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_no_two_test_files_have_one_name() -> None:
    names = Counter(f.name for f in TESTS.rglob("*.py") if f.name not in ("conftest.py", "__init__.py"))
    assert names["test_layout.py"] == 1, "the files are found"
    assert [n for n, count in names.items() if count > 1 and n.startswith("test_")] == []
