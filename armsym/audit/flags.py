"""N, Z, C and V, and the conditions on them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from armsym.audit.words import Words

__all__ = ["ALWAYS", "Flags"]

#: Conditions from this number on always hold.
ALWAYS = 14


class Flags:
    """The four flags, words of one bit; each is made when it is first asked for."""

    def __init__(
        self, w: Words, n: Callable[[], int], z: Callable[[], int], c: Callable[[], int], v: Callable[[], int]
    ):
        self.words = w
        self._n, self._z, self._c, self._v = n, z, c, v

    @staticmethod
    def of_words(w: Words, n: int, z: int, c: int, v: int) -> Flags:
        """Four words of one bit; raises `TooWide` where one is not shown to be."""
        for bit in (n, z, c, v):
            w.narrow(1, bit)
        return Flags(w, lambda: n, lambda: z, lambda: c, lambda: v)

    @staticmethod
    def of_result(w: Words, width: int, result: int) -> Flags:
        """Those of a logical operation with this result: C and V are 0."""
        n, z = _sign_and_zero(w, width, result)
        return Flags(w, n, z, lambda: w.zero, lambda: w.zero)

    @staticmethod
    def of_sum(w: Words, width: int, a: int, b: int, carry: int, result: int) -> Flags:
        """Those of a + b + carry, with this result: AddWithCarry of the Arm manual."""
        n, z = _sign_and_zero(w, width, result)

        def c() -> int:
            return w.said(w.shr(w.add(width + 1, a, b, carry), width), "carry", width, a, b, carry)

        return Flags(w, n, z, c, lambda: _overflow(w, width, a, b, result))

    @staticmethod
    def of_difference(w: Words, width: int, a: int, b: int, result: int) -> Flags:
        """Those of a - b, which the manual defines as a + NOT b + 1, with this result."""
        n, z = _sign_and_zero(w, width, result)
        inverse = w.not_(width, b)

        def c() -> int:
            return w.said(w.shr(w.add(width + 1, a, inverse, w.const(1)), width), "uge", width, a, b)

        def v() -> int:
            return w.said(_overflow(w, width, a, inverse, result), "overflow", width, a, b)

        return Flags(w, n, z, c, v)

    @cached_property
    def n(self) -> int:
        """Negative."""
        return self._n()

    @cached_property
    def z(self) -> int:
        """Zero."""
        return self._z()

    @cached_property
    def c(self) -> int:
        """Carry."""
        return self._c()

    @cached_property
    def v(self) -> int:
        """Overflow."""
        return self._v()

    def holds(self, condition: int) -> int:
        """Whether the condition with this number (below `ALWAYS`) holds: ConditionHolds of the Arm manual."""
        w = self.words
        make: Callable[[], int] = (
            lambda: self.z,  # EQ, NE
            lambda: self.c,  # HS, LO
            lambda: self.n,  # MI, PL
            lambda: self.v,  # VS, VC
            lambda: w.both(self.c, w.inverted(self.z)),  # HI, LS
            lambda: w.inverted(w.different(self.n, self.v)),  # GE, LT
            lambda: w.both(w.inverted(w.different(self.n, self.v)), w.inverted(self.z)),  # GT, LE
        )[condition >> 1]
        return w.inverted(make()) if condition & 1 else make()


def _sign_and_zero(w: Words, width: int, result: int) -> tuple[Callable[[], int], Callable[[], int]]:
    return (
        lambda: w.said(w.shr(result, width - 1), "sign", width, result),
        lambda: w.is_zero(width, result),
    )


def _overflow(w: Words, width: int, a: int, b: int, result: int) -> int:
    # The sign of the result is that of neither operand.
    return w.shr(w.and_(w.xor(a, result), w.xor(b, result)), width - 1)
