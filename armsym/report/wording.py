"""Short wording of what a proof is for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from armsym.proof.result import ProofResult, Status

__all__ = ["NO_RESULTS", "claims_nothing", "lengths", "merged", "number", "several"]

_NUMBER = re.compile(r"(?<!\w)\d+(?!\w)")
#: What a proof has shown that states nothing of what the routine computes.
NO_RESULTS = "memory safety, ABI, termination, constant time; claims nothing about results"
_MANY = 5  # values in a row that are written out


def claims_nothing(r: ProofResult) -> bool:
    """Whether a proof holds, and says nothing of what the routine computes."""
    return r.status is Status.PROVED and not r.claims_results


def number(n: int) -> str:
    """A number, as a power of two where it is a large one."""
    for power, text in ((n, "2^{}"), (n + 1, "2^{} - 1")):
        if n > 9999 and power & (power - 1) == 0:
            return text.format(power.bit_length() - 1)
    return str(n)


def several(values: Sequence[str]) -> str:
    """`8, 16, ..., 192`: a few of many."""
    if len(values) <= _MANY:
        return ", ".join(values)
    return f"{values[0]}, {values[1]}, ..., {values[-1]}"


def lengths(r: ProofResult) -> list[str]:
    """The numbers that a proof holds for, such as `1 <= n <= 2^50` and `bits = 128, 192, 256`."""
    found = [f"{name} = {several([str(v) for v in values])}" for name, values in r.choices.items()]
    for name, spans in r.ranges.items():
        low, high = sorted({a for a, _ in spans}), sorted({b for _, b in spans})
        if len(spans) == 1:
            found.append(f"{number(low[0])} <= {name} <= {number(high[0])}")
        else:
            # A choice decides; the least range is what holds for all.
            found.append(f"{number(low[-1])} <= {name} <= {number(high[0])} (up to {number(high[-1])} by case)")
    return found


def merged(texts: Sequence[str]) -> list[str]:
    """Texts that differ in numbers only, as one: `key holds 10, 12, 14 in 4 bytes`."""
    groups: dict[str, list[list[str]]] = {}
    for t in texts:
        groups.setdefault(_NUMBER.sub("#", t), []).append(_NUMBER.findall(t))
    found = []
    for pattern, rows in groups.items():
        pieces = pattern.split("#")
        columns = [several(list(dict.fromkeys(column))) for column in zip(*rows, strict=True)]
        if len(pieces) == len(columns) + 1:
            found.append("".join(a + b for a, b in zip(pieces, [*columns, ""], strict=True)))
        else:  # the text has a # of its own
            found += [t for t in dict.fromkeys(texts) if _NUMBER.sub("#", t) == pattern]
    return found
