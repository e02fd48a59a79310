"""Data processing -- cryptographic extensions (Arm ARM C4.1)."""

from __future__ import annotations

from armsym.isa import Instruction

#: Every encoding class of the group, in the manual's order.
CLASSES: list[type[Instruction]] = []
