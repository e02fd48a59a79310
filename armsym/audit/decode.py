"""Which form of instruction a word is, and what it does: the auditor's own reading of the Arm manual (C4, C6, C7).

A form is written as the manual draws it: fixed bits, and fields as `name` (one bit) or `name:width`.  A word that no
form accepts is refused, one that two accept is an error of the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from armsym.audit.a64 import FORMS
from armsym.audit.form import Fields, Form
from armsym.audit.machine import Machine, Step, Unmodelled

__all__ = ["decode", "execute"]


def _by_top_bits(forms: Sequence[Form]) -> list[tuple[Form, ...]]:
    # Words are looked up by bits 31 to 21; each list holds the forms that fit them.
    table: list[tuple[Form, ...]] = []
    for top in range(1 << 11):
        table.append(tuple(f for f in forms if not (f.value ^ top << 21) & f.mask >> 21 << 21))
    return table


_TABLE = _by_top_bits(FORMS)


@lru_cache(maxsize=1 << 16)
def decode(word: int) -> tuple[Form, Fields]:
    """The form of a word, and its fields.  Raises `Unmodelled` where there is none."""
    if not 0 <= word < 1 << 32:
        raise ValueError(f"words are of 32 bits, not {word:#x}")
    found = [f for f in _TABLE[word >> 21] if f.accepts(word)]
    if len(found) != 1:
        names = ", ".join(f.name for f in found)
        raise Unmodelled(
            f"{word:#010x} is {f'read in several ways: {names}' if found else 'not an instruction that is modelled'}"
        )
    return found[0], found[0].fields_of(word)


def execute(m: Machine, word: int, pc: int) -> Step:
    """Execute a word that stands at the address `pc` of the file; tells where the machine goes.

    Raises `Unmodelled`, naming word and address, where the word is no form or does what is not modelled.
    """
    try:
        form, fields = decode(word)
        step = form.run(m, fields, pc)
    except Unmodelled as e:
        raise Unmodelled(f"at {pc:#x}, word {word:#010x}: {e}") from None
    return pc + 4 if step is None else step
