"""The forms of A64 instructions that the auditor knows, by the groups of the Arm manual."""

from __future__ import annotations

from armsym.audit.a64 import (
    aes,
    branches,
    chinese,
    hashing,
    immediate,
    lanewise,
    memory,
    moves,
    products,
    register,
    structures,
    vectors,
)

__all__ = ["FORMS"]

FORMS = (
    *immediate.FORMS,
    *register.FORMS,
    *branches.FORMS,
    *memory.FORMS,
    *structures.FORMS,
    *moves.FORMS,
    *vectors.FORMS,
    *lanewise.FORMS,
    *products.FORMS,
    *hashing.FORMS,
    *aes.FORMS,
    *chinese.FORMS,
)
