"""Where these tests' data is; routines.o is what GNU as made of routines.s."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "cli" / "data"
OBJECT = DATA / "routines.o"
