"""Linear maps over GF(2) as lists of columns: entry k is what 2^k goes to."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["Matrix", "inverse"]

Matrix: TypeAlias = list[int]


def inverse(columns: Matrix) -> Matrix:
    """The inverse of a map of as many bits as it has columns; raises ValueError where it has none."""
    left, right = list(columns), [1 << k for k in range(len(columns))]
    for k in range(len(left)):
        pivot = next((n for n in range(k, len(left)) if left[n] >> k & 1), None)
        if pivot is None:
            raise ValueError(f"bit {k} does not follow")
        for pair in (left, right):
            pair[k], pair[pivot] = pair[pivot], pair[k]
        for n in range(len(left)):
            if n != k and left[n] >> k & 1:
                left[n] ^= left[k]
                right[n] ^= right[k]
    return right
