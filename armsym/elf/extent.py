"""Where a routine without a symbol ends, as its branches tell.

Only what is listed and hashed depends on it, never what a proof executes.  The masks are those of the Arm ARM's
"Branches, Exception Generating and System instructions" (C4.1).
"""

from __future__ import annotations

from collections.abc import Callable

from armsym.errors import ArmsymError

__all__ = ["flow_end", "target"]

#: Bytes between code that is reached: literals, padding.  What lies further away is another routine.
_GAP = 256


def target(word: int, at: int) -> int | None:
    """Where the word at an offset branches to: B, BL, B.cond, CBZ, CBNZ, TBZ, TBNZ; None for others."""
    if word & 0x7C00_0000 == 0x1400_0000:
        bits, shift = 26, 0
    elif word & 0xFF00_0000 == 0x5400_0000 or word & 0x7E00_0000 == 0x3400_0000:
        bits, shift = 19, 5
    elif word & 0x7E00_0000 == 0x3600_0000:
        bits, shift = 14, 5
    else:
        return None
    n = word >> shift & (1 << bits) - 1
    return at + 4 * (n - (1 << bits) * (n >> bits - 1))


def _ends(word: int) -> bool:
    """Whether control does not go on after it: B, BR, RET and their kin, UDF, BRK."""
    indirect = word & 0xFE00_0000 == 0xD600_0000 and word >> 21 & 0xF in (0b0000, 0b0010, 0b0100, 0b1000)
    return word & 0xFC00_0000 == 0x1400_0000 or indirect or word >> 16 == 0 or word & 0xFFE0_001F == 0xD420_0000


def flow_end(word: Callable[[int], int], start: int, limit: int) -> int:
    """The offset after the last instruction that is reached from `start`, without following calls.

    Code that lies more than 256 bytes after the last that was reached before it is taken for another routine's,
    as is all from `limit` on.  `word` raises `ArmsymError` where there is no instruction.
    """
    todo, seen = [start], set[int]()
    while todo:
        at = todo.pop()
        while start <= at < limit and at not in seen:
            try:
                w = word(at)
            except ArmsymError:
                break
            seen.add(at)
            to = target(w, at)
            if to is not None and w >> 26 != 0b100101:  # BL
                todo.append(to)
            if _ends(w):
                break
            at += 4
    end = start
    for at in sorted(seen):
        if at > end + _GAP:
            break
        end = at + 4
    return end
