"""What the functions that the auditor's semantics apply mean, on natural numbers.

Those of `functions` (`zero`, `mul`, `clmul`, `gf128.mul`, `aes.sbox`, `aes.inv_sbox`, `bytes:HEX`), and

    lsl(a, n)              a * 2^n
    lsr(a, n)              floor(a / 2^n)
    pick(i, t0, t1, ...)   t_i, or 0 where there is none

A checker may treat each as an unknown function; what holds then holds of these.
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.audit.functions import definition

__all__ = ["meaning"]

_LONGEST_SHIFT = 1 << 12


def _shift(n: int) -> int:
    if n > _LONGEST_SHIFT:
        raise ValueError(f"a shift by {n}: at most {_LONGEST_SHIFT}")
    return n


_MEANINGS: dict[str, Callable[..., int]] = {
    "lsl": lambda a, n: a << _shift(n),
    "lsr": lambda a, n: a >> _shift(n),
    "pick": lambda i, *entries: entries[i] if i < len(entries) else 0,
}


def meaning(name: str) -> Callable[..., int] | None:
    """The function of that name; None of one of which nothing is known."""
    if name in _MEANINGS:
        return _MEANINGS[name]
    known = definition(name)
    return None if known is None else known[1]
