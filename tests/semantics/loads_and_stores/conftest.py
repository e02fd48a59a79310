"""A core with one readable and writable region, for single loads and stores."""

from __future__ import annotations

import pytest
from one_core import Core


@pytest.fixture
def core() -> Core:
    return Core()
