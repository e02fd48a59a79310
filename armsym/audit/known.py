"""What the checker knows of instructions, and how it refuses.  The steps that change it: rules.py and products.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from armsym.audit.forms import Poly, Sum, sum_add, sum_times
from armsym.audit.hints import MOST_BITS
from armsym.audit.raw import Instruction, Program, ones

__all__ = ["Known", "RefusedError", "natural", "need"]


class RefusedError(ValueError):
    """A program, hint or claim that is not as it must be; the message names the rule and shows the values."""


def need(condition: bool, why: str) -> None:
    """Raises RefusedError unless the condition holds."""
    if not condition:
        raise RefusedError(why)


def natural(value: object) -> bool:
    """Whether this is a natural number of at most MOST_BITS bits."""
    return type(value) is int and value >= 0 and value.bit_length() <= MOST_BITS


class Known:
    """The forms known so far of one program's instructions, under some facts.

    `poly` and `sum` are read by whoever looks for hints; only the checker's `step` may change them.
    """

    def __init__(self, program: Program | Sequence[Instruction], given: Mapping[int, int] | None = None) -> None:
        self.program: Sequence[Instruction] = program.instructions if isinstance(program, Program) else program
        self.given: dict[int, int] = dict(given or {})
        self.poly: dict[int, Poly] = {}
        self.sum: dict[int, Sum] = {}

    def is_node(self, value: object) -> bool:
        """Whether this is the number of an instruction."""
        return type(value) is int and 0 < value < len(self.program)

    # -- what is known of an instruction

    def bits(self, i: int) -> int | None:
        """Where instruction i may have a 1, read off the instruction; None where that does not tell."""
        match self.program[i]:
            case ("Const", value):
                return int(value)
            case ("Var", _, bits) | ("App", _, _, bits) | ("Mask", _, bits):
                return int(bits)
            case ("Add", width, _, _) | ("Mulc", width, _, _):
                return ones(width)
        return None

    def same(self, i: int, j: int) -> bool:
        """Whether i and j are one instruction or have an equal form."""
        if i == j:
            return True
        p, s = self.poly.get(i), self.sum.get(i)
        return (p is not None and p == self.poly.get(j)) or (s is not None and s == self.sum.get(j))

    def whole_terms(self, i: int, width: int) -> dict[int, int] | None:
        """The terms of rule `tosum`, or None where it does not apply."""
        constant, terms = self.poly[i]
        if constant >> width:
            return None
        used = 0
        out: Sum = (width, 0, {})
        for mono, mask in terms.items():
            if len(mono) != 1:
                return None
            ((atom, shift),) = mono
            bits = self.bits(atom)
            if bits is None or shift > 0 or mask != bits << -shift & ones(width) or mask & used:
                return None
            used |= mask
            inside = mask & constant
            if inside and inside != mask:
                return None
            out = sum_add(out, sum_times((width, 0, {atom: 1}), (-1 if inside else 1) << -shift))
        return out[2]

    def _bits(self, i: int) -> int:
        bits = self.bits(i)
        if bits is None:
            raise RefusedError(f"instruction {i} does not tell its bits: {self.program[i]!r:.200}")
        return bits

    def _share(self, i: int, j: int) -> None:
        if j in self.poly:
            self.poly[i] = self.poly[j]
        if j in self.sum:
            self.sum[i] = self.sum[j]
