"""Tables that are affine over GF(2) on the indices within reach: entry 0 XOR a column for each bit of the index."""

from __future__ import annotations

from collections.abc import Sequence

from armsym.audit.columns import submasks

__all__ = ["affine"]

#: Tables are looked at where an index has at most this many free bits.
_MOST_BITS = 8


def affine(table: Sequence[int], reach: int, bits: int) -> tuple[int, list[tuple[int, int]]] | None:
    """Entry 0 and, of the XOR of columns, its diagonals: (d, mask) is (index AND mask) * 2^d.

    `reach` has a 1 where an index may have one, `bits` where an entry counts; beyond the table entries are 0.
    None where the table is not affine there, or has too many indices.
    """
    if reach.bit_count() > _MOST_BITS:
        return None

    def entry(index: int) -> int:
        return table[index] & bits if index < len(table) else 0

    first = entry(0)
    columns = {k: entry(1 << k) ^ first for k in range(reach.bit_length()) if reach >> k & 1}
    for index in submasks(reach):
        expected = first
        for k, column in columns.items():
            if index >> k & 1:
                expected ^= column
        if entry(index) != expected:
            return None
    diagonals: dict[int, int] = {}
    for k, column in columns.items():
        for p in range(column.bit_length()):
            if column >> p & 1:
                diagonals[p - k] = diagonals.get(p - k, 0) | 1 << k
    return first, sorted(diagonals.items())
