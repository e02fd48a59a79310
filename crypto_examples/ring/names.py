"""How ring names its symbols."""

from __future__ import annotations

__all__ = ["PREFIX"]

PREFIX = "ring_core_0_17_14__"
