"""`Bits` and `Prop`: what can be computed with vectors and conditions.  Each is made of the other."""

from __future__ import annotations

from typing import TypeAlias, Union

from armsym.bits.value import MASK, Value, no_vector
from armsym.errors import SymbolicTruthError, WidthError
from armsym.terms import ops
from armsym.terms.node import Term

__all__ = ["Bits", "BitsLike", "Prop", "concat", "new_bits"]

#: What binary operators accept beside a `Bits`: an integer in range for the width, signed or unsigned.
BitsLike: TypeAlias = Union["Bits", int]


class Prop:
    """A condition: `value` is a `bool`, or a one-bit term.

    `sides` are the two vectors an equation was written with, so that a report can show both.
    """

    __slots__ = ("sides", "value")

    def __init__(self, value: bool | Term, sides: tuple[Bits, Bits] | None = None) -> None:
        self.value = value
        self.sides = sides

    @staticmethod
    def _of(value: int | Term) -> Prop:
        return Prop(bool(value) if isinstance(value, int) else value)

    def __bool__(self) -> bool:
        if self.value is True:
            return True
        if self.value is False:
            return False
        raise SymbolicTruthError(
            "a symbolic condition has no truth value here: use ite(cond, a, b), or state it as a claim"
        )

    @property
    def is_concrete(self) -> bool:
        """Whether the truth value is known without any assumption."""
        return isinstance(self.value, bool)

    @property
    def bit(self) -> Bits:
        """The condition as a one-bit vector."""
        v = self.value
        return Bits(1, int(v) if isinstance(v, bool) else v)

    def _raw(self) -> int | Term:
        v = self.value
        return int(v) if isinstance(v, bool) else v

    def __and__(self, other: Prop | bool) -> Prop:
        return Prop._of(ops.and_(1, self._raw(), _raw_prop(other)))

    def __or__(self, other: Prop | bool) -> Prop:
        return Prop._of(ops.or_(1, self._raw(), _raw_prop(other)))

    def __xor__(self, other: Prop | bool) -> Prop:
        return Prop._of(ops.xor(1, self._raw(), _raw_prop(other)))

    __rand__ = __and__
    __ror__ = __or__
    __rxor__ = __xor__

    def __invert__(self) -> Prop:
        v = self.value
        return Prop(not v) if isinstance(v, bool) else Prop._of(ops.xor(1, v, 1))

    def __eq__(self, other: object) -> Prop:  # type: ignore[override]
        """`self` exactly when `other`."""
        if not isinstance(other, (Prop, bool)):
            raise WidthError(f"a condition is compared with a condition, not with {type(other).__name__}")
        return ~(self ^ other)

    def __ne__(self, other: object) -> Prop:  # type: ignore[override]
        return ~(self == other)

    __hash__ = None  # type: ignore[assignment]

    def implies(self, other: Prop | bool) -> Prop:
        """`self -> other`."""
        return ~self | other

    def __repr__(self) -> str:
        return f"Prop({self.value})"


def _raw_prop(p: Prop | bool) -> int | Term:
    if isinstance(p, Prop):
        return p._raw()
    if isinstance(p, bool):
        return int(p)
    raise WidthError(f"a condition is combined with a condition, not with {type(p).__name__} {p!r}")


class Bits(Value):
    """A bit vector of `width` bits (at least 1); `value` is an int in [0, 2**width) or a term.

    Operators take another `Bits` of the same width, or an int that fits the width as an
    unsigned or as a signed number.  Arithmetic is modulo 2**width; `<<` and `>>` shift
    logically by a Python int; `<`, `<=`, `>`, `>=` compare unsigned.  `x[hi:lo]` is the
    manual's `x<hi:lo>`, both ends included; `x[k]` is one bit.

    Raises `WidthError` when widths differ or a number does not fit.
    """

    __slots__ = ()

    # -- making -------------------------------------------------------------------------------

    @staticmethod
    def wrap(width: int, value: int) -> Bits:
        """`value` modulo 2**width, for numbers that may be negative or too large."""
        return new_bits(width, value & MASK[width])

    @staticmethod
    def from_bytes(data: bytes, order: str) -> Bits:
        """All of `data` as one number, first byte least ("little") or most ("big") significant."""
        if order not in {"little", "big"}:
            raise WidthError(f"byte order is 'little' or 'big', not {order!r}")
        return new_bits(8 * len(data), int.from_bytes(data, "little" if order == "little" else "big"))

    # -- arithmetic and logic -----------------------------------------------------------------

    def __add__(self, other: BitsLike) -> Bits:
        w = self.width
        a, b = self.value, self._coerce(other, "add")
        if isinstance(a, int) and isinstance(b, int):
            return new_bits(w, (a + b) & MASK[w])
        return new_bits(w, ops.add(w, a, b))

    __radd__ = __add__

    def __sub__(self, other: BitsLike) -> Bits:
        w = self.width
        a, b = self.value, self._coerce(other, "subtract")
        if isinstance(a, int) and isinstance(b, int):
            return new_bits(w, (a - b) & MASK[w])
        return new_bits(w, ops.sub(w, a, b))

    def __rsub__(self, other: int) -> Bits:
        return new_bits(self.width, self._coerce(other, "subtract")) - self

    def __mul__(self, other: BitsLike) -> Bits:
        w = self.width
        a, b = self.value, self._coerce(other, "multiply")
        if isinstance(a, int) and isinstance(b, int):
            return new_bits(w, (a * b) & MASK[w])
        return new_bits(w, ops.mul(w, a, b))

    __rmul__ = __mul__

    def __neg__(self) -> Bits:
        w, a = self.width, self.value
        return new_bits(w, -a & MASK[w] if isinstance(a, int) else ops.neg(w, a))

    def __xor__(self, other: BitsLike) -> Bits:
        w = self.width
        a, b = self.value, self._coerce(other, "xor")
        if isinstance(a, int) and isinstance(b, int):
            return new_bits(w, a ^ b)
        return new_bits(w, ops.xor(w, a, b))

    __rxor__ = __xor__

    def __and__(self, other: BitsLike) -> Bits:
        w = self.width
        a, b = self.value, self._coerce(other, "and")
        if isinstance(a, int) and isinstance(b, int):
            return new_bits(w, a & b)
        return new_bits(w, ops.and_(w, a, b))

    __rand__ = __and__

    def __or__(self, other: BitsLike) -> Bits:
        w = self.width
        a, b = self.value, self._coerce(other, "or")
        if isinstance(a, int) and isinstance(b, int):
            return new_bits(w, a | b)
        return new_bits(w, ops.or_(w, a, b))

    __ror__ = __or__

    def __invert__(self) -> Bits:
        w, a = self.width, self.value
        m = MASK[w]
        return new_bits(w, a ^ m if isinstance(a, int) else ops.xor(w, a, m))

    # -- shifts and rotations by known amounts ------------------------------------------------

    def _amount(self, n: int) -> int:
        if not isinstance(n, int) or n < 0:
            raise WidthError(f"a shift amount is a Python int >= 0, not {n!r}; see shl, lshr, ashr, rotr for Bits")
        return n

    def __lshift__(self, n: int) -> Bits:
        w, a = self.width, self.value
        self._amount(n)
        if isinstance(a, int):
            return new_bits(w, (a << n) & MASK[w] if n < w else 0)
        return new_bits(w, ops.lsl(w, a, n))

    def __rshift__(self, n: int) -> Bits:
        w, a = self.width, self.value
        self._amount(n)
        return new_bits(w, a >> n if isinstance(a, int) else ops.lsr(w, a, n))

    def asr(self, n: int) -> Bits:
        """Arithmetic shift right by `n` >= 0 places (n >= width gives the sign everywhere)."""
        w, a = self.width, self.value
        self._amount(n)
        if isinstance(a, int):
            s = a - ((a >> (w - 1)) << w)
            return new_bits(w, (s >> n) & MASK[w])
        return new_bits(w, ops.asr(w, a, n))

    def ror(self, n: int) -> Bits:
        """Rotate right by `n` places (taken modulo the width)."""
        w, a = self.width, self.value
        n = self._amount(n) % w
        if isinstance(a, int):
            return new_bits(w, ((a >> n) | (a << (w - n))) & MASK[w])
        return new_bits(w, ops.ror(w, a, n))

    def rol(self, n: int) -> Bits:
        """Rotate left by `n` places (taken modulo the width)."""
        return self.ror(-self._amount(n) % self.width)

    # -- shifts by data -----------------------------------------------------------------------

    def shl(self, by: Bits) -> Bits:
        """Logical shift left by a vector of the same width; amounts >= width give 0."""
        b = self._coerce(by, "shift")
        if isinstance(b, int):
            return self << min(b, self.width)
        return new_bits(self.width, ops.shl_by(self.width, self.value, b))

    def lshr(self, by: Bits) -> Bits:
        """Logical shift right by a vector of the same width; amounts >= width give 0."""
        b = self._coerce(by, "shift")
        if isinstance(b, int):
            return self >> min(b, self.width)
        return new_bits(self.width, ops.lshr_by(self.width, self.value, b))

    def ashr(self, by: Bits) -> Bits:
        """Arithmetic shift right by a vector of the same width; amounts >= width give the sign."""
        b = self._coerce(by, "shift")
        if isinstance(b, int):
            return self.asr(min(b, self.width))
        return new_bits(self.width, ops.ashr_by(self.width, self.value, b))

    def rotr(self, by: Bits) -> Bits:
        """Rotate right by a vector of the same width, taken modulo the width (a power of two)."""
        b = self._coerce(by, "rotate")
        if isinstance(b, int):
            return self.ror(b % self.width)
        return new_bits(self.width, ops.rotr_by(self.width, self.value, b))

    def udiv(self, other: Bits) -> Bits:
        """Unsigned quotient, 0 when the divisor is 0 (as UDIV defines it)."""
        w = self.width
        a, b = self.value, self._coerce(other, "divide")
        if isinstance(a, int) and isinstance(b, int):
            return new_bits(w, a // b if b else 0)
        return new_bits(w, ops.udiv(w, a, b))

    def clmul(self, other: Bits) -> Bits:
        """Carry-less product, `2 * width` bits wide (polynomials over GF(2))."""
        w = self.width
        a, b = self.value, self._coerce(other, "multiply")
        if isinstance(a, int) and isinstance(b, int):
            r = 0
            while b:
                low = b & -b
                r ^= a * low
                b ^= low
            return new_bits(2 * w, r)
        return new_bits(2 * w, ops.clmul(w, a, b))

    # -- taking apart and putting together ----------------------------------------------------

    def __getitem__(self, index: slice | int) -> Bits:
        w = self.width
        if isinstance(index, slice):
            hi, lo = index.start, index.stop
            if index.step is not None or not isinstance(hi, int) or not isinstance(lo, int):
                raise WidthError("a bit range is written x[hi:lo], both ends included")
        else:
            hi = lo = index
        if not 0 <= lo <= hi < w:
            raise WidthError(f"bits {hi}:{lo} do not lie in a vector of {w} bits")
        n, a = hi - lo + 1, self.value
        if isinstance(a, int):
            return new_bits(n, (a >> lo) & MASK[n])
        return new_bits(n, ops.extract(w, a, lo, n)) if n != w else self

    def elem(self, e: int, size: int) -> Bits:
        """The manual's `Elem[x, e, size]`: bits e*size+size-1 down to e*size."""
        lo = e * size
        w, a = self.width, self.value
        if lo < 0 or size < 1 or lo + size > w:
            raise WidthError(f"element {e} of {size} bits does not lie in a vector of {w} bits")
        if isinstance(a, int):
            return new_bits(size, (a >> lo) & MASK[size])
        return new_bits(size, ops.extract(w, a, lo, size)) if size != w else self

    def elems(self, size: int) -> list[Bits]:
        """All elements of `size` bits, element 0 (the least significant) first."""
        if size < 1 or self.width % size:
            raise WidthError(f"{self.width} bits are not a whole number of elements of {size} bits")
        w, a = self.width, self.value
        if size == w:
            return [self]
        if not isinstance(a, int):
            return [new_bits(size, v) for v in ops.elements(w, a, size)]
        if size == 8:
            return [_BYTES[b] for b in a.to_bytes(w // 8, "little")]
        mask = MASK[size]
        return [new_bits(size, a >> lo & mask) for lo in range(0, w, size)]

    @staticmethod
    def from_elems(elems: list[Bits]) -> Bits:
        """The vector whose element 0 (least significant) is `elems[0]`."""
        return concat(*reversed(elems))

    def with_elem(self, e: int, elem: Bits) -> Bits:
        """A copy in which element `e`, counted in units of `elem.width`, is `elem`."""
        if not isinstance(elem, Bits):
            raise no_vector("the element", elem)
        size = elem.width
        lo, hi = e * size, e * size + size
        w = self.width
        if lo < 0 or hi > w:
            raise WidthError(f"element {e} of {size} bits does not lie in a vector of {w} bits")
        parts = []
        if hi < w:
            parts.append(self[w - 1 : hi])
        parts.append(elem)
        if lo > 0:
            parts.append(self[lo - 1 : 0])
        return concat(*parts)

    def zero_extend(self, width: int) -> Bits:
        """The manual's ZeroExtend(x, width)."""
        if width < self.width:
            raise WidthError(f"cannot zero-extend {self.width} bits to {width}")
        a = self.value
        if isinstance(a, int):
            return new_bits(width, a)
        return new_bits(width, ops.zext(self.width, a, width)) if width != self.width else self

    def sign_extend(self, width: int) -> Bits:
        """The manual's SignExtend(x, width)."""
        w, a = self.width, self.value
        if width < w:
            raise WidthError(f"cannot sign-extend {w} bits to {width}")
        if isinstance(a, int):
            return new_bits(width, (a - ((a >> (w - 1)) << w)) & MASK[width])
        return new_bits(width, ops.sext(w, a, width)) if width != w else self

    def replicate(self, count: int) -> Bits:
        """The manual's Replicate(x, count)."""
        return concat(*([self] * count))

    def reverse_bytes(self) -> Bits:
        """The bytes in the opposite order (the width is a multiple of 8)."""
        return concat(*self.elems(8))

    # -- conditions ---------------------------------------------------------------------------

    def __eq__(self, other: object) -> Prop:  # type: ignore[override]
        w = self.width
        a, b = self.value, self._coerce(other, "compare")
        if isinstance(a, int) and isinstance(b, int):
            return Prop(a == b, (self, new_bits(w, b)))
        v = ops.eq(w, a, b)
        return Prop(bool(v) if isinstance(v, int) else v, (self, new_bits(w, b)))

    def __ne__(self, other: object) -> Prop:  # type: ignore[override]
        return ~(self == other)

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: BitsLike) -> Prop:
        a, b = self.value, self._coerce(other, "compare")
        if isinstance(a, int) and isinstance(b, int):
            return Prop(a < b)
        return Prop._of(ops.ult(self.width, a, b))

    def __ge__(self, other: BitsLike) -> Prop:
        return ~(self < other)

    def __gt__(self, other: BitsLike) -> Prop:
        return new_bits(self.width, self._coerce(other, "compare")) < self

    def __le__(self, other: BitsLike) -> Prop:
        return ~(self > other)

    def slt(self, other: BitsLike) -> Prop:
        """Signed `<`."""
        a, b = self.value, self._coerce(other, "compare")
        if isinstance(a, int) and isinstance(b, int):
            h = 1 << (self.width - 1)
            return Prop((a ^ h) < (b ^ h))
        return Prop._of(ops.slt(self.width, a, b))

    def __bool__(self) -> bool:
        raise SymbolicTruthError("a bit vector is not a condition: compare it, as in x == 0")

    def is_zero(self) -> Prop:
        """The manual's IsZero(x)."""
        return self == 0


def new_bits(width: int, value: int | Term) -> Bits:
    """`value` as Bits of `width`, unchecked."""
    # Results of checked operations skip the checks of __init__: they fit by construction.
    b = Bits.__new__(Bits)
    b.width = width
    b.value = value
    return b


#: Bytes that are numbers: a table has many, and looks at few of them.
_BYTES = [new_bits(8, b) for b in range(256)]


def concat(*parts: Bits) -> Bits:
    """The manual's `a : b : c`: the first part is the most significant."""
    if not parts:
        raise WidthError("concat needs at least one part")
    for p in parts:
        if not isinstance(p, Bits):
            raise no_vector("each part of concat", p)
    width = 0
    value = 0
    for p in reversed(parts):
        v = p.value
        if not isinstance(v, int):
            break
        value |= v << width
        width += p.width
    else:
        return new_bits(width, value)
    if len(parts) == 1:
        return parts[0]
    total = sum(p.width for p in parts)
    return new_bits(total, ops.concat(total, [(p.width, p.value) for p in parts]))
