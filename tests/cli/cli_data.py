"""Where these tests' data is; routines.o is what GNU as made of routines.s."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parent / "data"
OBJECT = DATA / "routines.o"
