"""Which registers a routine leaves as they were: those of AAPCS64, or all but the ones it declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from armsym.bits import Bits
from armsym.errors import InputError
from armsym.machine import Machine

__all__ = ["AAPCS64", "Interface"]


@dataclass(frozen=True)
class Interface:
    """Registers preserved: general ones `x`, the low halves of the vector registers `d`, all of those in `v`.

    SP and PSTATE.DIT always are; the condition flags never.
    """

    x: frozenset[int]
    d: frozenset[int]
    v: frozenset[int]
    names: tuple[str, str]

    @staticmethod
    def clobbering(x: Iterable[int], v: Iterable[int]) -> Interface:
        """An interface of its own: all but these registers are preserved; raises `InputError`."""
        changed_x, changed_v = frozenset(x), frozenset(v)
        if not changed_x <= frozenset(range(31)) or not changed_v <= frozenset(range(32)):
            raise InputError("clobbers: registers are numbers 0 to 30 in x, 0 to 31 in v")
        all_x, all_v = frozenset(range(31)), frozenset(range(32))
        names = ("all x registers not declared are preserved", "all v registers not declared are preserved")
        return Interface(all_x - changed_x, frozenset(), all_v - changed_v, names)

    @property
    def changed_x(self) -> frozenset[int]:
        """General registers that may hold anything on return."""
        return frozenset(range(31)) - self.x

    @property
    def changed_v(self) -> frozenset[int]:
        """Vector registers of which at least a part may hold anything on return."""
        return frozenset(range(32)) - self.v

    def pairs(self, before: Machine, after: Machine) -> Iterator[tuple[str, str, Bits, Bits]]:
        """(obligation, register, value before, value after) for all that is preserved."""
        of_x, of_v = self.names
        for n in sorted(self.x):
            yield of_x, f"x{n}", before.x[n], after.x[n]
        for n in sorted(self.d):
            yield of_v, f"d{n}", before.v[n][63:0], after.v[n][63:0]
        for n in sorted(self.v):
            yield of_v, f"v{n}", before.v[n], after.v[n]


#: The procedure call standard.  X18 is the platform's; it is not a routine's to change.
AAPCS64 = Interface(
    frozenset(range(18, 30)),
    frozenset(range(8, 16)),
    frozenset(),
    ("x18-x29 are preserved", "d8-d15 are preserved"),
)
