"""Terms of one test are not another's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from armsym.terms import new_table


@pytest.fixture(autouse=True)
def _fresh_table() -> Iterator[None]:
    new_table()
    yield
    new_table()
