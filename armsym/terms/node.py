"""Terms: the hash-consed nodes of the normal form.

A term is one of

- an *atom*: `Var`, `App` (an uninterpreted function) or `Op` (an operation with no normal
  form of its own: a product of two unknowns, a comparison, an if-then-else);
- a `Sum`: a linear combination of terms modulo 2**width;
- a `Poly`: a polynomial over GF(2) in shifted terms, with a bit mask for each monomial.

Constants are Python ints and never terms.  A `Poly` is read per bit position p: it is the
XOR of `const[p]` and, over all monomials whose mask has bit p, of the AND of the bits
`base[p + shift]` of the monomial's factors.  Shifts, rotations, extractions and
concatenations only move shifts and masks, so they need no nodes of their own, and code
that slices data one way meets a specification that slices it another.

Sums and polynomials are interned only when they become part of another term; until then
two equal ones may be different objects, and `ops.eq` compares them by content.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import ClassVar, Literal, TypeAlias, TypeVar, cast

__all__ = ["App", "Mono", "Op", "Origin", "Poly", "Sum", "Term", "Value", "Var", "intern", "new_table"]

T = TypeVar("T")

_ids = count(1)
_ONES = tuple((1 << w) - 1 for w in range(4097))


def ones(width: int) -> int:
    """2**width - 1."""
    return _ONES[width] if width <= 4096 else (1 << width) - 1


class Term:
    """A bit vector of `width` bits that is not a constant.

    `pb` ("possible bits") has a 0 wherever the term's bit is known to be 0.  It is never 0: what can only
    be 0 is the constant 0 and no term, for rules divide by the lowest possible bit.
    """

    __slots__ = ("_lin", "_monos", "_narrow", "_view", "id", "pb", "width")

    id: int
    width: int
    pb: int
    _monos: dict[int, Mono]
    _narrow: dict[int, int | Term] | None
    _view: tuple[dict[Mono, int], int] | None
    _lin: tuple[Mapping[Term, int], int] | None

    #: How a term is printed: `show`, which stands above this module and puts itself here.
    text: ClassVar[Callable[[Term], str]] = object.__repr__

    def __repr__(self) -> str:
        return Term.text(self)


#: A constant or a term.
Value: TypeAlias = "int | Term"

#: Of what a sum of w bits was made, its operands as they were, each read as an unsigned number:
#: ("add", a, b, k) is a + k * b, ("scale", a, k) is k * a (k may be negative), ("low", a) is a, of more bits;
#: all modulo 2**w.  ("ite", c, a, b) is a if the bit c is 1, else b.
Origin: TypeAlias = (
    "tuple[Literal['add'], Value, Value, int] | tuple[Literal['scale'], Value, int]"
    " | tuple[Literal['low'], Term] | tuple[Literal['ite'], Term, Value, Value]"
)


class Var(Term):
    """A free variable.  `secret` says whether an attacker must learn nothing of it."""

    __slots__ = ("name", "secret")

    def __init__(self, name: str, width: int, *, pb: int | None = None, secret: bool = True) -> None:
        self.id = next(_ids)
        self.width, self.name, self.secret = width, name, secret
        self.pb = ones(width) if pb is None else pb & ones(width)
        if not self.pb:
            raise ValueError(f"variable {name}: none of its {width} bits is possible, so it is the constant 0")
        self._monos, self._narrow, self._view, self._lin = {}, None, None, None


class App(Term):
    """An uninterpreted function `name` of constants and interned terms."""

    __slots__ = ("args", "name", "secret", "widths")

    def __init__(self, name: str, width: int, widths: tuple[int, ...], args: tuple[Value, ...], secret: bool) -> None:
        self.id = next(_ids)
        self.width, self.name, self.widths, self.args, self.secret = width, name, widths, args, secret
        self.pb = ones(width)
        self._monos, self._narrow, self._view, self._lin = {}, None, None, None


class Op(Term):
    """An operation kept as it is: what each `kind` means, `armsym.terms.kinds` says, a row each.

    `arg_width` is the width of the data arguments (of the index of a table).
    """

    __slots__ = ("arg_width", "args", "kind")

    def __init__(self, kind: str, width: int, arg_width: int, args: tuple[Value, ...], pb: int) -> None:
        self.id = next(_ids)
        self.width, self.kind, self.arg_width, self.args = width, kind, arg_width, args
        self.pb = pb
        self._monos, self._narrow, self._view, self._lin = {}, None, None, None


class Sum(Term):
    """`const` + the sum of coefficient * term, modulo 2**width; at least one term.

    Coefficients lie in [1, 2**width); terms are interned and none is itself a `Sum`.  No summand can only be
    0: coefficient times lowest possible bit of the term is not a multiple of 2**width.

    `origin` says of what it was first made, where that is known: which partial sum may have carried, a flat sum
    no longer tells.  It is an equation that holds of the term, never part of what the term is: the normal form
    does not read it.
    """

    __slots__ = ("canon", "const", "origin", "terms")

    def __init__(self, width: int, terms: Mapping[Term, int], const: int, origin: Origin | None = None) -> None:
        self.width, self.terms, self.const, self.origin = width, terms, const, origin
        self.canon: Sum | None = None


class Poly(Term):
    """`const` XOR the sum over GF(2) of mask * monomial; at least one monomial, no zero mask."""

    __slots__ = ("canon", "const", "entries", "origin")

    def __init__(self, width: int, entries: dict[Mono, int], const: int) -> None:
        self.width, self.entries, self.const = width, entries, const
        self.canon: Poly | None = None
        #: The narrower term that this one zero-extends, if it was made so: its low bits, ready-made.
        self.origin: Term | None = None
        self._lin = None


class Mono:
    """A product of shifted terms: bit p is the AND over factors (base, s) of base[p + s].

    `valid` has bit p set where the product is not known to be 0.  `sum_width` is the width of the sum of
    which it is all bits, in their places, and 0 if it is anything else.
    """

    __slots__ = ("_products", "_shifts", "factors", "id", "sum_width", "valid")

    def __init__(self, factors: tuple[tuple[Term, int], ...]) -> None:
        self.id = next(_ids)
        self.factors = factors
        base, s = factors[0]
        self.valid = base.pb >> s if s >= 0 else base.pb << -s
        self.sum_width = 0
        if len(factors) == 1:
            if s == 0 and isinstance(base, Sum):
                self.sum_width = base.width
        else:
            for base, s in factors[1:]:
                self.valid &= base.pb >> s if s >= 0 else base.pb << -s
        #: Answers of `shift` so far, of a product: a single factor's term knows them.
        self._shifts: dict[int, Mono] | None = None
        self._products: dict[Mono, Mono] | None = None

    def shift(self, k: int) -> Mono:
        """The product read k places higher up: bit p of the result is bit p + k of this one."""
        if not k:
            return self
        f = self.factors
        if len(f) == 1:
            base, s = f[0]
            m = base._monos.get(s + k)
            if m is None:
                m = base._monos[s + k] = Mono(((base, s + k),))
            return m
        known = self._shifts
        if known is None:
            known = self._shifts = {}
        m = known.get(k)
        if m is None:
            m = known[k] = _product(tuple((b, s + k) for b, s in f))
        return m

    def times(self, other: Mono) -> Mono:
        """The product of both; a factor met twice counts once, for bits are idempotent."""
        known = self._products
        if known is None:
            known = self._products = {}
        m = known.get(other)
        if m is None:
            seen = {(b.id, s): (b, s) for b, s in self.factors}
            seen.update({(b.id, s): (b, s) for b, s in other.factors})
            f = tuple(seen[k] for k in sorted(seen))
            m = mono(*f[0]) if len(f) == 1 else _product(f)
            known[other] = m
            if other._products is None:
                other._products = {}
            other._products[self] = m
        return m


def mono(base: Term, shift: int) -> Mono:
    """The monomial of one factor; `base` is interned."""
    m = base._monos.get(shift)
    if m is None:
        m = base._monos[shift] = Mono(((base, shift),))
    return m


class _Table:
    """Where equal terms meet."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.terms: dict[object, Term] = {}
        self.products: dict[tuple[tuple[int, int], ...], Mono] = {}
        #: Sums and polynomials by a digest of their content, which several may share: they are compared by content.
        #: (A key of the whole content takes more time and memory than all else of such a term.)
        self.sums: dict[tuple[int, int, int, int], list[Sum]] = {}
        self.polys: dict[tuple[int, int, int, int], list[Poly]] = {}
        #: How many sums and polynomials there are.
        self.count = 0
        #: What defines each function that was applied here, in the order in which they were met.
        self.definitions: dict[str, list[object]] = {}
        #: What others made of these terms, by who keeps it: see `kept_by_table`.
        self.kept: dict[object, object] = {}
        #: Terms interned here have greater ids.
        self.since = next(_ids)


_table = _Table()


def new_table() -> None:
    """Forget all interned terms, to free their memory between proofs, and what the names of functions stood for.

    Terms made before stay valid; they are only no longer recognised as equal to new ones, and applications
    among them are of functions of which nothing is known.
    """
    _table.forget()


def define(name: str, definition: object) -> None:
    """Note that `definition` is what is meant by a function that is being applied.

    Kept beside the terms, and not for all of a process: another proof may mean another function by the name.
    """
    met = _table.definitions.setdefault(name, [])
    if not any(d is definition for d in met):
        met.append(definition)


def definitions(t: App) -> tuple[object, ...]:
    """What was meant by the function of an application; nothing of one from before the last `new_table`."""
    return tuple(_table.definitions.get(t.name, ())) if t.id > _table.since else ()


def kept_by_table(whose: object, empty: Callable[[], T]) -> T:
    """What somebody keeps of terms until the next `new_table`; at first, `empty`."""
    if whose not in _table.kept:
        _table.kept[whose] = empty()
    return cast(T, _table.kept[whose])


def applications() -> list[App]:
    """All interned applications of uninterpreted functions."""
    return [t for t in _table.terms.values() if isinstance(t, App)]


def node_count() -> int:
    """How many terms and products are interned: what the node budget counts."""
    return len(_table.terms) + len(_table.products) + _table.count


def _product(factors: tuple[tuple[Term, int], ...]) -> Mono:
    key = tuple((b.id, s) for b, s in factors)
    m = _table.products.get(key)
    if m is None:
        m = _table.products[key] = Mono(factors)
    return m


def _intern_poly(t: Poly) -> Poly:
    entries = t.entries
    key = t.width, t.const, sum(entries.values()), hash(frozenset(entries))
    alike = _table.polys.get(key)
    if alike is None:
        alike = _table.polys[key] = []
    else:
        for p in alike:
            if p.entries == entries:
                t.canon = p
                return p
    pb = t.const
    for k in entries.values():
        pb |= k
    assert all(entries.values()), "a monomial at no bit"
    assert 0 < pb <= ones(t.width), "a term that can only be 0, or has a bit beyond its width"
    t.id, t.pb, t._monos, t._narrow, t._view = next(_ids), pb, {}, None, None
    t.canon = t
    alike.append(t)
    _table.count += 1
    return t


def _intern_sum(t: Sum) -> Sum:
    terms = t.terms
    key = t.width, t.const, sum(terms.values()), hash(frozenset(terms))
    alike = _table.sums.get(key)
    if alike is None:
        alike = _table.sums[key] = []
    else:
        for s in alike:
            if s.terms == terms:
                t.canon = s
                return s
    t.id, t._monos, t._narrow, t._view, t._lin = next(_ids), {}, None, None, None
    # The low zeros shared by all summands stay zero; carries may reach any bit above.
    low, full = t.const, ones(t.width)
    for term, coeff in terms.items():
        unit = coeff * (term.pb & -term.pb)
        assert unit & full, "a summand that can only be 0"
        low |= unit
    t.pb = full & -(low & -low)
    t.canon = t
    alike.append(t)
    _table.count += 1
    return t


def intern(t: Term) -> Term:
    """The one representative of all terms with this content."""
    if isinstance(t, Poly):
        return t.canon or _intern_poly(t)
    if isinstance(t, Sum):
        return t.canon or _intern_sum(t)
    return t


def app(name: str, width: int, widths: tuple[int, ...], args: tuple[Value, ...], secret: bool) -> App:
    """The application of an uninterpreted function; term arguments must be interned."""
    key = (2, name, width, widths, secret, tuple(a if isinstance(a, int) else ("t", a.id) for a in args))
    t = _table.terms.get(key)
    if t is None:
        t = _table.terms[key] = App(name, width, widths, args, secret)
    assert isinstance(t, App)
    return t


def op(kind: str, width: int, arg_width: int, args: tuple[Value, ...], pb: int | None = None) -> Op:
    """An operation node; term arguments must be interned, and a result that can only be 0 is no node."""
    assert pb is None or pb & ones(width), f"{kind}: a term that can only be 0"
    key = (3, kind, width, arg_width, tuple(a if isinstance(a, int) else ("t", a.id) for a in args))
    t = _table.terms.get(key)
    if t is None:
        t = _table.terms[key] = Op(kind, width, arg_width, args, ones(width) if pb is None else pb)
    assert isinstance(t, Op)
    return t
