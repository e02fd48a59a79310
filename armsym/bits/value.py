"""A value of a known width, a plain integer or a term: what every bit vector is, before any operation on it."""

from __future__ import annotations

from armsym.errors import SymbolicTruthError, WidthError
from armsym.terms.node import Term

__all__ = ["MASK", "Value", "no_vector"]


class _Masks(dict[int, int]):
    """2**w - 1 by width w, made when first asked for: shifting anew costs more than an addition."""

    def __missing__(self, w: int) -> int:
        m = self[w] = (1 << w) - 1
        return m


#: 2**w - 1 by width w.
MASK = _Masks()


class Value:
    """`width` bits (at least 1) of `value`, an int in [0, 2**width) or a term; made and read, not computed with."""

    __slots__ = ("value", "width")

    def __init__(self, width: int, value: int | Term) -> None:
        self.width = width
        self.value = value
        if not isinstance(width, int):
            raise WidthError(f"a width is a number of bits, not {type(width).__name__} {width!r}")
        if isinstance(value, int):
            if width < 1 or not 0 <= value <= MASK[width]:
                raise WidthError(f"{value:#x} is not an unsigned number of {width} bits")
        elif not isinstance(value, Term):
            raise WidthError(f"the value of a bit vector is a whole number, not {type(value).__name__} {value!r}")
        elif value.width != width:
            raise WidthError(f"a term of {value.width} bits given as Bits of {width}")

    def _coerce(self, other: object, verb: str) -> int | Term:
        if isinstance(other, Value):
            if other.width != self.width:
                raise WidthError(f"cannot {verb} {self.width} bits and {other.width} bits")
            return other.value
        if isinstance(other, int) and not isinstance(other, bool):
            w = self.width
            if 0 <= other <= MASK[w]:
                return other
            if not -(1 << (w - 1)) <= other < 0:
                raise WidthError(f"cannot {verb} {w} bits and the number {other}: it does not fit")
            return other & MASK[w]
        raise WidthError(f"cannot {verb} {self.width} bits and {type(other).__name__} {other!r}")

    @property
    def is_concrete(self) -> bool:
        """Whether the value is a plain integer."""
        return isinstance(self.value, int)

    @property
    def uint(self) -> int:
        """The manual's UInt(x) of a concrete vector; raises `SymbolicTruthError` on a term."""
        if not isinstance(self.value, int):
            raise SymbolicTruthError(f"a symbolic value of {self.width} bits has no number: {self.value}")
        return self.value

    @property
    def sint(self) -> int:
        """The manual's SInt(x) of a concrete vector; raises `SymbolicTruthError` on a term."""
        v = self.uint
        return v - ((v >> (self.width - 1)) << self.width)

    def to_bytes(self, order: str) -> bytes:
        """A concrete vector as width/8 bytes."""
        if self.width % 8:
            raise WidthError(f"{self.width} bits are not whole bytes")
        return self.uint.to_bytes(self.width // 8, "little" if order == "little" else "big")

    def __repr__(self) -> str:
        v = self.value
        return f"Bits({self.width}, {v:#x})" if isinstance(v, int) else f"Bits({self.width}, {v})"


def no_vector(what: str, value: object) -> WidthError:
    """The error that `what` is no bit vector; the caller raises it."""
    hint = f" (write Bits(64, {value}), say)" if isinstance(value, int) else ""
    return WidthError(f"{what} is a bit vector (Bits), not {type(value).__name__} {value!r}{hint}")
