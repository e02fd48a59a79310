"""Stub."""
from __future__ import annotations


class Term:
    """Stub."""
    __slots__ = ("width",)
    width: int
