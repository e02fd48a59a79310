"""Whole numbers as proofs speak of them: `Integer` is to claims what `Bits` is.

On numbers an integer is a Python int, and a claim about it a bool, so specifications, trials and counterexamples
are plain Python.  On symbols it is a polynomial in *leaves*, bit vectors read as unsigned or signed numbers, and a
claim about it is a `Relation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias, Union

from armsym.bits import Bits
from armsym.errors import InputError, SymbolicTruthError
from armsym.integers.numbers import congruent_numbers, is_telling, note_modulus, numbered, within_numbers
from armsym.terms.node import Term, Var, intern

__all__ = [
    "FoldValue",
    "Integer",
    "IntegerLike",
    "Leaf",
    "Multiplier",
    "Quotient",
    "Relation",
    "Residue",
    "Word",
    "congruent",
    "integer",
    "within",
]

#: (signed, width, term): the value of an interned term.
Word: TypeAlias = tuple[bool, int, Term]

IntegerLike: TypeAlias = Union["Integer", int]


#: The highest power that is written out.
HIGHEST = 64

#: So many quotients may be nested, one in the other.
DEEPEST = 60


class Quotient:
    """floor(of / m), m >= 2; equal to another of the same.  Raises `InputError` for too many inside one another."""

    __slots__ = ("depth", "key", "m", "of")

    def __init__(self, of: Integer, m: int) -> None:
        self.of, self.m = of, m
        self.depth: int = 1 + max(
            (leaf.depth for mo in of.terms for leaf in mo if isinstance(leaf, Quotient)), default=0
        )
        if self.depth > DEEPEST:
            raise InputError(f"an integer of more than {DEEPEST} quotients, one inside the other")
        self.key = (m, tuple(sorted((tuple(_order(leaf) for leaf in mo), c) for mo, c in of.terms.items())))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quotient) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


class IntegerSequence(Protocol):
    """Whole numbers by an index of 64 bits."""

    @property
    def name(self) -> str:
        """For people."""

    @property
    def number(self) -> int:
        """Which of all sequences it is."""

    @property
    def least(self) -> int | None:
        """What each is at least, if that is known."""

    @property
    def bound(self) -> IntegerSequence | None:
        """A sequence of which each is greater, if one is known."""

    @property
    def parameter(self) -> Term | None:
        """What else than the index it is made of, if that is no number: of a family of sequences which one it is."""

    def at(self, k: Bits) -> IntegerLike:
        """The one of an index."""

    def put(self, put: Callable[[Bits], Bits]) -> IntegerSequence:
        """The sequence of another parameter."""

    def after(self, i: Bits) -> IntegerLike | None:
        """The one of i + 1, made of that of i where i + 1 does not wrap around; None if it is not made so."""


class FoldValue:
    """The value of a sequence at an index, a number without bounds; equal to another of the same.

    Only where the index is neither 0 nor one more than another: there the sequence's definition tells what it is.
    """

    __slots__ = ("index", "key", "of")

    def __init__(self, of: IntegerSequence, index: Term) -> None:
        self.of, self.index = of, intern(index)
        self.key = of.number, self.index.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FoldValue) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"{self.of.name}({self.index})"


class Multiplier:
    """The number K of one claim x - y == K N, of which only that there is one is claimed: congruence modulo N.

    N is a value of a fold.  Where the claim is known, K is a number like others of which nothing else is known; where
    it is to be shown, any K will do (`armsym.integers.unbounded`).  Whoever does not know of this takes K for one
    certain number, and shows nothing.
    """

    name = "some multiple"
    least: int | None = None
    bound: IntegerSequence | None = None
    parameter: Term | None = None
    _count = 0

    def __init__(self) -> None:
        Multiplier._count += 1
        #: (Apart from those of all folds, which count from 1 up.)
        self.number = -Multiplier._count
        #: Its only index, of which nothing is said.
        self._any = Var("any", 64, secret=False)

    def at(self, k: Bits) -> Integer:
        """The number: it is one, whatever the index."""
        return Integer({(FoldValue(self, self._any),): 1})

    def put(self, put: Callable[[Bits], Bits]) -> Multiplier:
        """The same: nothing is said of what it is made of."""
        return self

    def after(self, i: Bits) -> None:
        """It is one number, whatever the index."""


Leaf: TypeAlias = "Word | Quotient | FoldValue"


class Integer:
    """A polynomial with whole coefficients in at least one leaf; see `integer`.

    It knows +, -, * with integers and Python ints, // and % by positive ints, and the comparisons, which give a
    `Relation`.  Numbers are exact: nothing wraps.
    """

    __slots__ = ("terms",)

    def __init__(self, terms: dict[tuple[Leaf, ...], int]) -> None:
        """By product of leaves, in the order of their terms: its coefficient, which is not 0."""
        self.terms = terms

    # -- arithmetic ---------------------------------------------------------------------------------

    def __add__(self, other: IntegerLike) -> IntegerLike:
        return _plus(self.terms, other, 1)

    __radd__ = __add__

    def __sub__(self, other: IntegerLike) -> IntegerLike:
        return _plus(self.terms, other, -1)

    def __rsub__(self, other: int) -> IntegerLike:
        return _plus((-self).terms, other, 1)

    def __neg__(self) -> Integer:
        return Integer({m: -c for m, c in self.terms.items()})

    def __mul__(self, other: IntegerLike) -> IntegerLike:
        b = _terms("multiplied by", other)
        out: dict[tuple[Leaf, ...], int] = {}
        for m, c in self.terms.items():
            for n, d in b.items():
                k = m if not n else n if not m else tuple(sorted(m + n, key=_order))
                v = out.get(k, 0) + c * d
                if v:
                    out[k] = v
                else:
                    out.pop(k, None)
        return _made(out)

    __rmul__ = __mul__

    def __pow__(self, n: int) -> IntegerLike:
        if not isinstance(n, int) or isinstance(n, bool) or n < 0:
            raise InputError(f"an integer to the power {n!r}: powers are numbers from 0 up")
        if n > HIGHEST:
            raise InputError(f"an integer to the power {n}: as a polynomial it has powers up to {HIGHEST}")
        out: IntegerLike = 1
        for _ in range(n):
            out = self * out
        return out

    def __floordiv__(self, m: int) -> IntegerLike:
        """The quotient rounded down."""
        if not isinstance(m, int) or isinstance(m, bool) or m < 1:
            raise InputError(f"an integer is divided by a number from 1 up, not by {m!r}")
        return self if m == 1 else _made({(Quotient(self, m),): 1})

    def __mod__(self, m: int) -> IntegerLike:
        """The least remainder, 0 to m - 1."""
        return self - (self // m) * m

    def __truediv__(self, other: object) -> Any:
        raise InputError("integers have no fractions: // rounds down")

    __rtruediv__ = __rfloordiv__ = __rmod__ = __truediv__

    # -- claims -------------------------------------------------------------------------------------

    def __lt__(self, other: IntegerLike) -> Relation | bool:
        return _at_least(_plus((-self).terms, other, 1), 1)

    def __le__(self, other: IntegerLike) -> Relation | bool:
        return _at_least(_plus((-self).terms, other, 1), 0)

    def __gt__(self, other: IntegerLike) -> Relation | bool:
        return _at_least(_plus(self.terms, other, -1), 1)

    def __ge__(self, other: IntegerLike) -> Relation | bool:
        return _at_least(_plus(self.terms, other, -1), 0)

    def __eq__(self, other: object) -> Relation | bool:  # type: ignore[override]
        if not isinstance(other, (Integer, int)) or isinstance(other, bool):
            raise InputError(f"an integer is compared with an integer, not with {type(other).__name__} {other!r}")
        d = _plus(self.terms, other, -1)
        return d == 0 if isinstance(d, int) else Relation(((d, 0, 0, 0),))

    def __ne__(self, other: object) -> Any:
        raise InputError("that two integers differ is no claim about integers: compare the words")

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise SymbolicTruthError("a symbolic integer has no truth value here")

    def leaves(self) -> set[Word]:
        """The bit vectors that it is made of; of values of folds the indices, and which folds they are of."""
        found: set[Word] = set()
        for m in self.terms:
            for leaf in m:
                if isinstance(leaf, Quotient):
                    found |= leaf.of.leaves()
                elif isinstance(leaf, FoldValue):
                    found.add((False, 64, leaf.index))
                    if leaf.of.parameter is not None:
                        found.add((False, 64, leaf.of.parameter))
                else:
                    found.add(leaf)
        return found

    def values(self) -> set[FoldValue]:
        """The values of folds that it is made of."""
        found: set[FoldValue] = set()
        for m in self.terms:
            for leaf in m:
                if isinstance(leaf, Quotient):
                    found |= leaf.of.values()
                elif isinstance(leaf, FoldValue):
                    found.add(leaf)
        return found

    def map(self, known: Mapping[Word | FoldValue, IntegerLike]) -> IntegerLike:
        """The same of other numbers in place of its bit vectors and values of folds."""
        total: IntegerLike = 0
        for m, c in self.terms.items():
            factor: IntegerLike = c
            for leaf in m:
                factor = factor * (leaf.of.map(known) // leaf.m if isinstance(leaf, Quotient) else known[leaf])
            total = total + factor
        return total

    def __repr__(self) -> str:
        return f"<an integer of {len(self.terms)} terms>"


class Residue:
    """A number of which only its residue modulo `modulus` is meant: `congruent` compares it.

    It knows +, - and * with integers, Python ints, and residues of the same modulus: what those give depends on
    residues only.  Which number stands for it is not told, for that may be any.
    """

    __slots__ = ("_value", "modulus")

    def __init__(self, modulus: int, value: IntegerLike) -> None:
        self.modulus = modulus
        self._value: IntegerLike = value % modulus if isinstance(value, int) else value

    def _with(self, other: object) -> IntegerLike:
        if isinstance(other, Residue):
            if other.modulus != self.modulus:
                raise InputError(f"a residue modulo {self.modulus} does not go with one modulo {other.modulus}")
            return other._value
        _terms("goes with a residue:", other)
        return other  # type: ignore[return-value]

    def __add__(self, other: Residue | IntegerLike) -> Residue:
        return Residue(self.modulus, self._value + self._with(other))

    __radd__ = __add__

    def __sub__(self, other: Residue | IntegerLike) -> Residue:
        return Residue(self.modulus, self._value - self._with(other))

    def __rsub__(self, other: IntegerLike) -> Residue:
        return Residue(self.modulus, self._with(other) - self._value)

    def __neg__(self) -> Residue:
        return Residue(self.modulus, -self._value)

    def __mul__(self, other: Residue | IntegerLike) -> Residue:
        return Residue(self.modulus, self._value * self._with(other))

    __rmul__ = __mul__

    def __eq__(self, other: object) -> Any:
        raise InputError("residues are compared by congruent(x, y, modulus): which number stands for one is not said")

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise SymbolicTruthError("a residue has no truth value")

    def __repr__(self) -> str:
        return f"<a residue modulo {self.modulus}>"


#: (x, modulus, lo, hi): x is a multiple of the modulus, if that is not 0; else lo <= x <= hi, None being no bound.
Part: TypeAlias = tuple[Integer, int, "int | None", "int | None"]


class Relation:
    """A claim about integers that holds or not: all of its parts do.  `&` joins two."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Part, ...]) -> None:
        self.parts = parts

    def __and__(self, other: object) -> Relation:
        if isinstance(other, Relation):
            return Relation(self.parts + other.parts)
        if other is True:
            return self
        if other is False:
            return Relation((*self.parts, (self.parts[0][0] * 0 + self.parts[0][0], 0, 1, 0)))  # type: ignore[arg-type]
        raise InputError(
            f"a claim about integers is joined with another, not with {type(other).__name__}: give them as a list"
        )

    __rand__ = __and__

    def _is_no_bit(self, *_: object) -> Any:
        """What a bool has on numbers, and a claim about symbols has not: by identity it would answer, and wrongly."""
        raise InputError(
            "claims about integers are joined with & only: whether one holds is no value that could be compared,"
            " negated or combined in another way"
        )

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _is_no_bit
    __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = _is_no_bit
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _is_no_bit
    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise SymbolicTruthError(
            "a claim about symbolic integers has no truth value here; a range is within(lo, x, hi),"
            " or (lo <= x) & (x < hi)"
        )

    def leaves(self) -> set[Word]:
        """The bit vectors that it speaks of."""
        return {leaf for x, _, _, _ in self.parts for leaf in x.leaves()}

    def values(self) -> set[FoldValue]:
        """The values of folds that it speaks of."""
        return {value for x, _, _, _ in self.parts for value in x.values()}

    def map(self, put: Callable[[Bits], Bits]) -> Relation | bool:
        """The same claim about other bit vectors; a bool where nothing of it is symbolic any more."""
        known: dict[Word | FoldValue, IntegerLike] = {
            v: v.of.put(put).at(put(Bits(64, v.index))) for v in self.values()
        }
        for leaf in self.leaves():
            signed, width, t = leaf
            known[leaf] = integer([put(Bits(width, t))], signed=signed)
        parts: list[Part] = []
        for x, modulus, lo, hi in self.parts:
            y = x.map(known)
            if isinstance(y, Integer):
                parts.append((y, modulus, lo, hi))
            elif (y % modulus) if modulus else (lo is not None and y < lo) or (hi is not None and y > hi):
                return False
        return Relation(tuple(parts)) if parts else True

    def __repr__(self) -> str:
        return f"<a claim about {len(self.leaves())} bit vectors as integers>"


def integer(words: Bits | Sequence[Bits], *, signed: bool = False) -> IntegerLike:
    """The number that words make, the first the least significant: words[0] + 2**w * words[1] + ...

    With `signed` it is read in two's complement.  A Python int where all words are numbers.  Raises `InputError`
    for what is no bit vector.
    """
    if isinstance(words, Bits):
        words = [words]
    if not isinstance(words, (list, tuple)) or not words or not all(isinstance(w, Bits) for w in words):
        raise InputError(f"integer: takes a bit vector or a non-empty list of them, not {words!r}")
    out: dict[tuple[Leaf, ...], int] = {}
    at = 0
    for k, w in enumerate(words):
        top = signed and k == len(words) - 1
        if isinstance(w.value, int):
            v = w.value - (1 << w.width) if top and w.value >> (w.width - 1) else w.value
            if v:
                out[()] = out.get((), 0) + (v << at)
        else:
            leaf = (top, w.width, intern(w.value))
            out[leaf,] = out.get((leaf,), 0) + (1 << at)
        at += w.width
    made = _made({m: c for m, c in out.items() if c})
    return numbered(made) if isinstance(made, int) else made


def congruent(x: IntegerLike | Residue, y: IntegerLike | Residue, modulus: IntegerLike) -> Relation | bool:
    """That x - y is a multiple of a number, which is at least 1 (so is the value of a fold in each run on numbers).

    A residue is compared modulo its modulus, or a divisor of that.
    """
    if isinstance(modulus, Integer):
        for v in (x, y):
            _terms("congruent modulo a value of a fold: compared with", v)
        d = x - y
        return True if isinstance(d, int) and not d else d == Multiplier().at(Bits(64, 0)) * modulus
    if not isinstance(modulus, int) or isinstance(modulus, bool) or modulus < 1:
        raise InputError(f"congruent: the modulus is a number from 1 up, not {modulus!r}")
    numbers: list[IntegerLike] = []
    for v in (x, y):
        if isinstance(v, Residue):
            if v.modulus % modulus:
                raise InputError(f"congruent: a residue modulo {v.modulus} says nothing modulo {modulus}")
            v = v._value  # noqa: PLW2901
        _terms("congruent: compared with", v)
        numbers.append(v)
    d = numbers[0] - numbers[1]
    if isinstance(d, Integer):
        return Relation(((d, modulus, None, None),))
    note_modulus(modulus)
    a, b = numbers
    if is_telling() and isinstance(a, int) and isinstance(b, int):
        return congruent_numbers(a, b, modulus)  # type: ignore[return-value]  # it stands for a bool
    return bool(d % modulus == 0)


def within(lo: int, x: IntegerLike, hi: int) -> Relation | bool:
    """lo <= x < hi, for numbers lo and hi."""
    for v in (lo, hi):
        if not isinstance(v, int) or isinstance(v, bool):
            raise InputError(f"within: the ends of a range are numbers, not {v!r}")
    _terms("within: of", x)
    if isinstance(x, Integer):
        return Relation(((x, 0, lo, hi - 1),))
    if is_telling():
        return within_numbers(lo, x, hi)  # type: ignore[return-value]  # it stands for a bool
    return lo <= x < hi


def _order(leaf: Leaf) -> tuple[Any, ...]:
    """Words by their terms, before quotients by what they are of, before values of folds."""
    if isinstance(leaf, (Quotient, FoldValue)):
        return (1 if isinstance(leaf, Quotient) else 2, *leaf.key)
    return (0, leaf[2].id, leaf[1], leaf[0])


def _terms(what: str, v: object) -> dict[tuple[Leaf, ...], int]:
    if isinstance(v, Integer):
        return v.terms
    if isinstance(v, int) and not isinstance(v, bool):
        return {(): v} if v else {}
    raise InputError(f"an integer {what} {type(v).__name__} {v!r}: only integers go with integers; see integer()")


def _plus(a: dict[tuple[Leaf, ...], int], b: IntegerLike, sign: int) -> IntegerLike:
    out = dict(a)
    for m, c in _terms("added to", b).items():
        v = out.get(m, 0) + sign * c
        if v:
            out[m] = v
        else:
            out.pop(m, None)
    return _made(out)


def _made(terms: dict[tuple[Leaf, ...], int]) -> IntegerLike:
    if not terms:
        return 0
    if len(terms) == 1 and () in terms:
        return terms[()]
    return Integer(terms)


def _at_least(d: IntegerLike, least: int) -> Relation | bool:
    """d >= least, its constant on the right-hand side."""
    if isinstance(d, int):
        return d >= least
    c = d.terms.get((), 0)
    x = {m: v for m, v in d.terms.items() if m}
    if all(v < 0 for v in x.values()):
        # -x >= n is x <= -n: so bounds of one number from both sides are about one number.
        return Relation(((Integer({m: -v for m, v in x.items()}), 0, None, c - least),))
    return Relation(((Integer(x), 0, least - c, None),))
