"""Width-checked bit vectors and conditions, each a plain integer or a symbolic term.

`Bits` is the only value that instruction semantics and specifications compute with.
When every operand is a plain integer the result is one; as soon as one operand is a
term the result is a term in normal form.  The same Python text therefore runs on
numbers (to be tested) and on symbols (to be proved).

`Prop` is a condition on such values.  A symbolic `Prop` has no Python truth value:
`if` on it raises `SymbolicTruthError`; use `ite`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeAlias, Union

from armsym.errors import SymbolicTruthError, WidthError
from armsym.terms import ops
from armsym.terms.node import Term

__all__ = ["Bits", "BitsLike", "OpaqueFunction", "Prop", "concat", "ite", "look_up", "opaque", "select"]

#: What binary operators accept beside a `Bits`: an integer in range for the width, signed or unsigned.
BitsLike: TypeAlias = Union["Bits", int]


class _Masks(dict[int, int]):
    """2**w - 1 by width w, made when first asked for: shifting anew costs more than an addition."""

    def __missing__(self, w: int) -> int:
        m = self[w] = (1 << w) - 1
        return m


_MASK = _Masks()


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


class Bits:
    """A bit vector of `width` bits (at least 1); `value` is an int in [0, 2**width) or a term.

    Operators take another `Bits` of the same width, or an int that fits the width as an
    unsigned or as a signed number.  Arithmetic is modulo 2**width; `<<` and `>>` shift
    logically by a Python int; `<`, `<=`, `>`, `>=` compare unsigned.  `x[hi:lo]` is the
    manual's `x<hi:lo>`, both ends included; `x[k]` is one bit.

    Raises `WidthError` when widths differ or a number does not fit.
    """

    __slots__ = ("value", "width")

    def __init__(self, width: int, value: int | Term) -> None:
        self.width = width
        self.value = value
        if not isinstance(width, int):
            raise WidthError(f"a width is a number of bits, not {type(width).__name__} {width!r}")
        if isinstance(value, int):
            if width < 1 or not 0 <= value <= _MASK[width]:
                raise WidthError(f"{value:#x} is not an unsigned number of {width} bits")
        elif not isinstance(value, Term):
            raise WidthError(f"the value of a bit vector is a whole number, not {type(value).__name__} {value!r}")
        elif value.width != width:
            raise WidthError(f"a term of {value.width} bits given as Bits of {width}")

    # -- making -------------------------------------------------------------------------------

    @staticmethod
    def wrap(width: int, value: int) -> Bits:
        """`value` modulo 2**width, for numbers that may be negative or too large."""
        return _new(width, value & _MASK[width])

    @staticmethod
    def from_bytes(data: bytes, order: str) -> Bits:
        """All of `data` as one number, first byte least ("little") or most ("big") significant."""
        if order not in {"little", "big"}:
            raise WidthError(f"byte order is 'little' or 'big', not {order!r}")
        return _new(8 * len(data), int.from_bytes(data, "little" if order == "little" else "big"))

    def _coerce(self, other: object, verb: str) -> int | Term:
        if isinstance(other, Bits):
            if other.width != self.width:
                raise WidthError(f"cannot {verb} {self.width} bits and {other.width} bits")
            return other.value
        if isinstance(other, int) and not isinstance(other, bool):
            w = self.width
            if 0 <= other <= _MASK[w]:
                return other
            if not -(1 << (w - 1)) <= other < 0:
                raise WidthError(f"cannot {verb} {w} bits and the number {other}: it does not fit")
            return other & _MASK[w]
        raise WidthError(f"cannot {verb} {self.width} bits and {type(other).__name__} {other!r}")

    # -- arithmetic and logic -----------------------------------------------------------------

    def __add__(self, other: BitsLike) -> Bits:
        w = self.width
        a, b = self.value, self._coerce(other, "add")
        if isinstance(a, int) and isinstance(b, int):
            return _new(w, (a + b) & _MASK[w])
        return _new(w, ops.add(w, a, b))

    __radd__ = __add__

    def __sub__(self, other: BitsLike) -> Bits:
        w = self.width
        a, b = self.value, self._coerce(other, "subtract")
        if isinstance(a, int) and isinstance(b, int):
            return _new(w, (a - b) & _MASK[w])
        return _new(w, ops.sub(w, a, b))

    def __rsub__(self, other: int) -> Bits:
        return _new(self.width, self._coerce(other, "subtract")) - self

    def __mul__(self, other: BitsLike) -> Bits:
        w = self.width
        a, b = self.value, self._coerce(other, "multiply")
        if isinstance(a, int) and isinstance(b, int):
            return _new(w, (a * b) & _MASK[w])
        return _new(w, ops.mul(w, a, b))

    __rmul__ = __mul__

    def __neg__(self) -> Bits:
        w, a = self.width, self.value
        return _new(w, -a & _MASK[w] if isinstance(a, int) else ops.neg(w, a))

    def __xor__(self, other: BitsLike) -> Bits:
        w = self.width
        a, b = self.value, self._coerce(other, "xor")
        if isinstance(a, int) and isinstance(b, int):
            return _new(w, a ^ b)
        return _new(w, ops.xor(w, a, b))

    __rxor__ = __xor__

    def __and__(self, other: BitsLike) -> Bits:
        w = self.width
        a, b = self.value, self._coerce(other, "and")
        if isinstance(a, int) and isinstance(b, int):
            return _new(w, a & b)
        return _new(w, ops.and_(w, a, b))

    __rand__ = __and__

    def __or__(self, other: BitsLike) -> Bits:
        w = self.width
        a, b = self.value, self._coerce(other, "or")
        if isinstance(a, int) and isinstance(b, int):
            return _new(w, a | b)
        return _new(w, ops.or_(w, a, b))

    __ror__ = __or__

    def __invert__(self) -> Bits:
        w, a = self.width, self.value
        m = _MASK[w]
        return _new(w, a ^ m if isinstance(a, int) else ops.xor(w, a, m))

    # -- shifts and rotations by known amounts ------------------------------------------------

    def _amount(self, n: int) -> int:
        if not isinstance(n, int) or n < 0:
            raise WidthError(f"a shift amount is a Python int >= 0, not {n!r}; see shl, lshr, ashr, rotr for Bits")
        return n

    def __lshift__(self, n: int) -> Bits:
        w, a = self.width, self.value
        self._amount(n)
        if isinstance(a, int):
            return _new(w, (a << n) & _MASK[w] if n < w else 0)
        return _new(w, ops.lsl(w, a, n))

    def __rshift__(self, n: int) -> Bits:
        w, a = self.width, self.value
        self._amount(n)
        return _new(w, a >> n if isinstance(a, int) else ops.lsr(w, a, n))

    def asr(self, n: int) -> Bits:
        """Arithmetic shift right by `n` >= 0 places (n >= width gives the sign everywhere)."""
        w, a = self.width, self.value
        self._amount(n)
        if isinstance(a, int):
            s = a - ((a >> (w - 1)) << w)
            return _new(w, (s >> n) & _MASK[w])
        return _new(w, ops.asr(w, a, n))

    def ror(self, n: int) -> Bits:
        """Rotate right by `n` places (taken modulo the width)."""
        w, a = self.width, self.value
        n = self._amount(n) % w
        if isinstance(a, int):
            return _new(w, ((a >> n) | (a << (w - n))) & _MASK[w])
        return _new(w, ops.ror(w, a, n))

    def rol(self, n: int) -> Bits:
        """Rotate left by `n` places (taken modulo the width)."""
        return self.ror(-self._amount(n) % self.width)

    # -- shifts by data -----------------------------------------------------------------------

    def shl(self, by: Bits) -> Bits:
        """Logical shift left by a vector of the same width; amounts >= width give 0."""
        b = self._coerce(by, "shift")
        if isinstance(b, int):
            return self << min(b, self.width)
        return _new(self.width, ops.shl_by(self.width, self.value, b))

    def lshr(self, by: Bits) -> Bits:
        """Logical shift right by a vector of the same width; amounts >= width give 0."""
        b = self._coerce(by, "shift")
        if isinstance(b, int):
            return self >> min(b, self.width)
        return _new(self.width, ops.lshr_by(self.width, self.value, b))

    def ashr(self, by: Bits) -> Bits:
        """Arithmetic shift right by a vector of the same width; amounts >= width give the sign."""
        b = self._coerce(by, "shift")
        if isinstance(b, int):
            return self.asr(min(b, self.width))
        return _new(self.width, ops.ashr_by(self.width, self.value, b))

    def rotr(self, by: Bits) -> Bits:
        """Rotate right by a vector of the same width, taken modulo the width (a power of two)."""
        b = self._coerce(by, "rotate")
        if isinstance(b, int):
            return self.ror(b % self.width)
        return _new(self.width, ops.rotr_by(self.width, self.value, b))

    def udiv(self, other: Bits) -> Bits:
        """Unsigned quotient, 0 when the divisor is 0 (as UDIV defines it)."""
        w = self.width
        a, b = self.value, self._coerce(other, "divide")
        if isinstance(a, int) and isinstance(b, int):
            return _new(w, a // b if b else 0)
        return _new(w, ops.udiv(w, a, b))

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
            return _new(2 * w, r)
        return _new(2 * w, ops.clmul(w, a, b))

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
            return _new(n, (a >> lo) & _MASK[n])
        return _new(n, ops.extract(w, a, lo, n)) if n != w else self

    def elem(self, e: int, size: int) -> Bits:
        """The manual's `Elem[x, e, size]`: bits e*size+size-1 down to e*size."""
        lo = e * size
        w, a = self.width, self.value
        if lo < 0 or size < 1 or lo + size > w:
            raise WidthError(f"element {e} of {size} bits does not lie in a vector of {w} bits")
        if isinstance(a, int):
            return _new(size, (a >> lo) & _MASK[size])
        return _new(size, ops.extract(w, a, lo, size)) if size != w else self

    def elems(self, size: int) -> list[Bits]:
        """All elements of `size` bits, element 0 (the least significant) first."""
        if size < 1 or self.width % size:
            raise WidthError(f"{self.width} bits are not a whole number of elements of {size} bits")
        return [self.elem(e, size) for e in range(self.width // size)]

    @staticmethod
    def from_elems(elems: list[Bits]) -> Bits:
        """The vector whose element 0 (least significant) is `elems[0]`."""
        return concat(*reversed(elems))

    def with_elem(self, e: int, elem: Bits) -> Bits:
        """A copy in which element `e`, counted in units of `elem.width`, is `elem`."""
        if not isinstance(elem, Bits):
            raise _no_vector("the element", elem)
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
            return _new(width, a)
        return _new(width, ops.zext(self.width, a, width)) if width != self.width else self

    def sign_extend(self, width: int) -> Bits:
        """The manual's SignExtend(x, width)."""
        w, a = self.width, self.value
        if width < w:
            raise WidthError(f"cannot sign-extend {w} bits to {width}")
        if isinstance(a, int):
            return _new(width, (a - ((a >> (w - 1)) << w)) & _MASK[width])
        return _new(width, ops.sext(w, a, width)) if width != w else self

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
            return Prop(a == b, (self, _new(w, b)))
        v = ops.eq(w, a, b)
        return Prop(bool(v) if isinstance(v, int) else v, (self, _new(w, b)))

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
        return _new(self.width, self._coerce(other, "compare")) < self

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

    # -- looking ------------------------------------------------------------------------------

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


def _new(width: int, value: int | Term) -> Bits:
    # Results of checked operations skip the checks of __init__: they fit by construction.
    b = Bits.__new__(Bits)
    b.width = width
    b.value = value
    return b


def concat(*parts: Bits) -> Bits:
    """The manual's `a : b : c`: the first part is the most significant."""
    if not parts:
        raise WidthError("concat needs at least one part")
    for p in parts:
        if not isinstance(p, Bits):
            raise _no_vector("each part of concat", p)
    width = 0
    value = 0
    for p in reversed(parts):
        v = p.value
        if not isinstance(v, int):
            break
        value |= v << width
        width += p.width
    else:
        return _new(width, value)
    if len(parts) == 1:
        return parts[0]
    total = sum(p.width for p in parts)
    return _new(total, ops.concat(total, [(p.width, p.value) for p in parts]))


def ite(cond: Prop | bool, a: Bits, b: Bits) -> Bits:
    """`a` where the condition holds, else `b`; both of one width."""
    for branch in (a, b):
        if not isinstance(branch, Bits):
            raise _no_vector("each branch of ite", branch)
    if a.width != b.width:
        raise WidthError(f"the branches of ite have {a.width} bits and {b.width} bits")
    c = cond.value if isinstance(cond, Prop) else cond
    if isinstance(c, bool):
        return a if c else b
    if not isinstance(cond, Prop):
        raise WidthError(f"ite asks a condition, as in x == 0, not {type(cond).__name__} {cond!r}")
    return _new(a.width, ops.ite(a.width, c, a.value, b.value))


def select(index: Bits, elements: Sequence[Bits]) -> Bits:
    """The element at an index of at most 64 bits, the first being element 0; 0 past the last."""
    if not isinstance(index, Bits):
        raise _no_vector("the index of select", index)
    i = index.value
    if not isinstance(elements, (list, tuple)):
        raise WidthError(f"the elements of select are bit vectors in a list, not {elements!r}")
    if isinstance(i, int) and i < len(elements):
        found = elements[i]  # the others are looked at where the index is not known: this is quick
        if not isinstance(found, Bits):
            raise _no_vector("each element of select", found)
        return found
    for e in elements:
        if not isinstance(e, Bits):
            raise _no_vector("each element of select", e)
    if not elements or any(e.width != elements[0].width for e in elements):
        raise WidthError(f"select needs elements of one width, not of {[e.width for e in elements]} bits")
    w = elements[0].width
    wide = index.zero_extend(64).value
    return _new(w, ops.select(w, wide, [e.value for e in elements]))


def look_up(table: Sequence[Bits], index: Bits, otherwise: Bits) -> Bits:
    """`table[index]` (unsigned), or `otherwise` where the table has no such entry; all of one width."""
    for what, b in (("the index of look_up", index), ("what look_up gives beyond the table", otherwise)):
        if not isinstance(b, Bits):
            raise _no_vector(what, b)
    v, w = index.value, otherwise.width
    if not isinstance(table, (list, tuple)):
        raise WidthError(f"the table of look_up is bit vectors in a list, not {table!r}")
    if isinstance(v, int):
        found = table[v] if v < len(table) else otherwise
        if not isinstance(found, Bits):
            raise _no_vector("each entry of look_up", found)
        if found.width != w:
            raise _uneven(table, otherwise)
        return found
    for e in table:
        if not isinstance(e, Bits):
            raise _no_vector("each entry of look_up", e)
    numbers = [e.value for e in table]
    if any(e.width != w for e in table):
        raise _uneven(table, otherwise)
    beyond = otherwise.value
    if index.width <= 8 and isinstance(beyond, int):
        entries = at = 0
        for n in numbers if beyond == 0 else [*numbers, *[beyond] * ((1 << index.width) - len(numbers))]:
            if not isinstance(n, int):
                break
            entries |= n << at
            at += w
        else:
            return _new(w, ops.table(w, index.width, v, entries))
    result = otherwise
    for k, entry in enumerate(table):
        if k <= _MASK[index.width]:
            result = ite(index == k, entry, result)
    return result


def _no_vector(what: str, value: object) -> WidthError:
    hint = f" (write Bits(64, {value}), say)" if isinstance(value, int) else ""
    return WidthError(f"{what} is a bit vector (Bits), not {type(value).__name__} {value!r}{hint}")


def _uneven(table: Sequence[Bits], otherwise: Bits) -> WidthError:
    widths = sorted({e.width for e in (*table, otherwise)})
    return WidthError(f"a table and what it gives beyond its end have one width, not {widths} bits")


class OpaqueFunction:
    """What `opaque` makes of a function: it runs on numbers and stands for itself on terms."""

    #: Every definition, by name; two of one name must agree wherever a proof meets them.
    registry: ClassVar[dict[str, list[OpaqueFunction]]] = {}

    def __init__(self, name: str, width: int, definition: Callable[..., Bits]) -> None:
        if not isinstance(name, str) or not name.isidentifier():
            raise WidthError(f"an opaque function's name is an identifier, not {name!r}")
        if not isinstance(width, int) or width < 1 or not callable(definition):
            raise WidthError(
                f"opaque {name}: a function with a result of at least 1 bit, not {definition!r}, {width!r}"
            )
        self.name, self.width, self.definition = name, width, definition
        self.__doc__ = definition.__doc__
        self.__name__ = getattr(definition, "__name__", name)
        OpaqueFunction.registry.setdefault(name, []).append(self)

    def __call__(self, *args: Bits) -> Bits:
        for a in args:
            if not isinstance(a, Bits):
                raise _no_vector(f"each argument of {self.name}", a)
        if all(isinstance(a.value, int) for a in args):
            result = self.definition(*args)
            if not isinstance(result, Bits) or result.width != self.width:
                raise WidthError(f"{self.name} was said to give {self.width} bits, it gives {result!r}")
            return _new(self.width, result.value)
        return _new(self.width, ops.apply(self.name, self.width, [(a.width, a.value) for a in args]))


def opaque(name: str, width: int) -> Callable[[Callable[..., Bits]], OpaqueFunction]:
    """Make a function of `Bits` an uninterpreted function on symbolic arguments.

    On concrete arguments the function runs; on symbolic ones it stands for itself, so a proof
    that closes holds for every function of that name.  `width` is the result's width.  Several
    definitions of one name (an instruction's S-box and a standard's) are one function in a
    proof, which therefore obliges them to agree on all arguments.
    """

    def wrap(fn: Callable[..., Bits]) -> OpaqueFunction:
        return OpaqueFunction(name, width, fn)

    return wrap
