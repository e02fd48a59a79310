"""Equations between carry-less products, by a canonical form: no solver.

A value made of carry-less products, XOR, AND and moved bits is a vector of polynomials over GF(2) in the bits
of the words it is made of.  Where a claim also speaks of the product of a ring (an opaque function, see
`armsym.discharge.ring`), code usually computes that product as a few carry-less products and a reduction.
Then a part of the form is C(a . b) for two words a and b and a linear map C: it is found by putting the unit
for a, and compared bit by bit.  The product a . b becomes a word of its own, named by its factors, whatever
their order, so that chains of products, powers in tables and sums of products all end as

    the sum over products of words of a linear map of that product.

Two values with the same such form are equal.  What has another form is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from armsym.bits import Bits, OpaqueFunction
from armsym.bits.opaque import definitions_of
from armsym.discharge.gathering import gathered
from armsym.discharge.gf2 import Form, TooHigh, Word, bits, carryless, conjunction, entries, moved
from armsym.discharge.ring import Ring
from armsym.errors import ArmsymError
from armsym.terms import ops
from armsym.terms.node import App, Op, Poly, Term, Value, Var, intern, ones
from armsym.terms.walk import below, children, complete

__all__ = ["Algebra", "equal", "ring_of", "speaks_of_products"]

#: Operations that forms look into, and those that are words by themselves.
COVERED = frozenset({"clmul", "and"})
REFUSED = frozenset({"mul", "udiv", "shl", "lshr", "ashr", "eq", "ult", "slt", "ite", "select", "table"})

#: What was found out about each opaque function: looked at once, for definitions do not change.
_rings: dict[OpaqueFunction, Ring | None] = {}


def ring_of(function: OpaqueFunction) -> Ring | None:
    """The ring whose product the opaque function is, if it is one."""
    if function not in _rings:
        _rings[function] = _look(function)
    return _rings[function]


def _look(function: OpaqueFunction) -> Ring | None:
    w = function.width
    x, y = Var("x", w), Var("y", w)
    oracle = ops.set_oracle(None)
    try:
        value = function.definition(Bits(w, x), Bits(w, y)).value
        algebra = Algebra(None)
        algebra.form(x, w)  # its bits are the rows: they are what code and standards choose by
        form = algebra.form(value, w)
    except (TooHigh, ArmsymError, TypeError, ValueError):
        return None
    finally:
        ops.set_oracle(oracle)
    if form.const or form.linear or len(form.products) != 1:
        return None
    (((a, b), product),) = form.products.items()
    if (a.factors, b.factors) != ((x,), (y,)) and (a.factors, b.factors) != ((y,), (x,)):
        return None
    return Ring.of(function.name, w, product)


def _is_product(t: Term) -> bool:
    return isinstance(t, App) and t.widths == (t.width, t.width) and bool(definitions_of(t))


def speaks_of_products(*values: Value, known: dict[int, bool] | None = None) -> bool:
    """Whether a carry-less product occurs, or an opaque function that may be a ring's product.

    `known` is what was found of terms before, by their ids, and is added to.
    """
    found: dict[int, bool] = {} if known is None else known

    def in_it(t: Term) -> bool:
        if (isinstance(t, Op) and t.kind == "clmul") or _is_product(t):
            return True
        return any(found[intern(c).id] for c in children(t) if isinstance(c, Term))

    return any(complete(intern(v), found, in_it, _interned) for v in values if isinstance(v, Term))


def _looked_into(t: Term) -> list[Value]:
    """What forms may look for in a term: nothing in one that is a word by itself, a block that was enciphered, say."""
    inside = isinstance(t, Poly) or (isinstance(t, Op) and t.kind in COVERED) or _is_product(t)
    return children(t) if inside else []


def _interned(t: Term) -> list[Value]:
    return [intern(c) for c in children(t) if isinstance(c, Term)]


def equal(width: int, a: Value, b: Value) -> tuple[bool, Ring | None]:
    """Whether the canonical forms of two values are the same, and the ring whose laws that rests on."""
    met = {t.name: definitions_of(t) for t in below(a, b, parts=_looked_into) if isinstance(t, App) and _is_product(t)}
    # Of a name with several definitions, which one is meant is another obligation.
    rings = [r for _, fs in sorted(met.items(), key=lambda m: m[0]) if len(fs) == 1 and (r := ring_of(fs[0]))]
    ring = rings[0] if len(rings) == 1 else None
    if ring is not None:
        a, b = gathered(ring.name, ring.width, (a, b), _looked_into)
    algebra = Algebra(ring)
    try:
        difference = Form(width)
        difference.add(algebra.form(a, width))
        difference.add(algebra.form(b, width))
        return algebra.canonical(difference).is_zero(), ring
    except TooHigh:
        return False, ring


class Algebra:
    """Forms of terms, over one ring or none; each term once."""

    def __init__(self, ring: Ring | None) -> None:
        self.ring = ring
        self._forms: dict[int, Form] = {}
        self._linear: dict[int, Form] = {}
        self._words: dict[tuple[int, ...], Word] = {}

    # -- words ----------------------------------------------------------------------------------

    def _word(self, factors: tuple[Term, ...], width: int) -> Word:
        factors = tuple(sorted(factors, key=lambda t: t.id))
        key = tuple(t.id for t in factors)
        w = self._words.get(key)
        if w is None:
            w = self._words[key] = Word(len(self._words), width, factors)
        return w

    def _times(self, a: Word, b: Word) -> Word:
        return self._word(a.factors + b.factors, a.width)

    # -- terms ----------------------------------------------------------------------------------

    def form(self, v: Value, width: int) -> Form:
        """The form of a value; raises `TooHigh`."""
        if isinstance(v, int):
            return Form(width, v)
        return complete(intern(v), self._forms, self._compute, self._parts)

    def _inside(self, t: Term) -> bool:
        """Whether the term is looked into, or a word by itself."""
        if isinstance(t, Op):
            if t.kind not in COVERED | REFUSED:
                raise AssertionError(f"the algebra has no reading of the operation {t.kind}")
            return t.kind in COVERED
        if isinstance(t, App):
            return self.ring is not None and t.name == self.ring.name and _is_product(t)
        return isinstance(t, Poly)

    def _parts(self, t: Term) -> list[Value]:
        return children(t) if self._inside(t) else []

    def _compute(self, t: Term) -> Form:
        if not self._inside(t):
            return Form.of(self._word((t,), t.width), t.pb)
        if isinstance(t, Poly):
            out = self._of_words(t)
            for m, mask in t.entries.items():
                (base, s), *more = m.factors
                if not more and not self._inside(base):
                    continue
                product = moved(self._forms[base.id], s, mask, t.width)
                for base, s in more:
                    product = conjunction(self._flat(product), moved(self._operand(base, base.width), s, mask, t.width))
                out.add(product)
            return out
        assert isinstance(t, (Op, App))
        a, b = t.args
        w = t.arg_width if isinstance(t, Op) else t.width
        f, g = self._operand(a, w), self._operand(b, w)
        if isinstance(t, App):
            return self._ring_product(f, g)
        if t.kind == "and":
            return conjunction(f, g)
        if a is b:
            return self._square(f)
        return carryless(f, g)

    def _of_words(self, t: Poly) -> Form:
        """The constant, and what is made of single words."""
        items: dict[Term, list[int]] = {}
        for m, mask in t.entries.items():
            base, s = m.factors[0]
            if len(m.factors) == 1 and not self._inside(base):
                at = items.get(base)
                if at is None:
                    at = items[base] = [0] * t.width
                for p in bits(mask & m.valid):
                    at[p] ^= 1 << p + s
        linear = {self._word((b,), b.width): at for b, at in items.items() if any(at)}
        return Form(t.width, t.const, linear)

    def _operand(self, v: Value, width: int) -> Form:
        """A linear form of a value, if products of words can be recognised in it."""
        if isinstance(v, int):
            return Form(width, v)
        found = self._linear.get(v.id)
        if found is None:
            found = self._linear[v.id] = self._flat(self._forms[v.id])
        return found

    def _square(self, f: Form) -> Form:
        """Carry-less squares: mixed products come twice, so what is left is each bit, at twice its place."""
        if f.products:
            raise TooHigh("a square of products of unknowns")
        n = f.width
        const = sum(1 << 2 * p for p in bits(f.const))
        out = Form(2 * n, const)
        for a, v in f.linear.items():
            items = [0] * (2 * n)
            items[::2] = v
            word = a
            if self.ring is not None and a.width == self.ring.width and self.ring.roots is not None:
                # A square in code is mostly about the ring's square of the word.
                word, items = self._times(a, a), _mapped(items, self.ring.roots)
            out.add(Form(2 * n, 0, {word: items}))
        return out

    # -- the ring -------------------------------------------------------------------------------

    def _plain(self, f: Form) -> list[Word] | None:
        """The words whose sum a form is, but for a constant, if that is what it is."""
        w = f.width
        same = [1 << p for p in range(w)]
        return list(f.linear) if all(a.width == w and v == same for a, v in f.linear.items()) else None

    def _ring_product(self, f: Form, g: Form) -> Form:
        if f.products or g.products:
            raise TooHigh("a product of products of unknowns")
        assert self.ring is not None
        w, times = f.width, self.ring.times
        out = Form(w, times(f.const, g.const))
        for const, other in ((f.const, g), (g.const, f)):
            if const:
                columns = [times(const, 1 << j) for j in range(w)]
                out.add(Form(w, 0, _map(other.linear, columns)))
        first, second = self._plain(f), self._plain(g)
        if first is not None and second is not None:
            for a in first:
                for b in second:
                    out.add(Form.of(self._times(a, b), ones(w)))
            return out
        # Product by product of single positions: (sum of f_i e_i) . (sum of g_j e_j).
        for i in range(w):
            choice = Form(w, 0, {a: [v[i]] * w for a, v in f.linear.items() if v[i]})
            out.add(conjunction(choice, Form(w, 0, _map(g.linear, self.ring.table[i]))))
        return out

    def _flat(self, f: Form) -> Form:
        """The form with products of two words recognised as linear maps of ring products, where they are."""
        if not f.products:
            return f
        n = f.width
        out = Form(n, f.const, f.linear.copy())
        for (a, b), v in f.products.items():
            if a is b:
                out.add(_folded(n, a, v))
                continue
            found = self._recognised(n, a, b, v)
            out.add(found if found is not None else Form(n, 0, {}, {(a, b): v}))
        return out

    def _recognised(self, n: int, a: Word, b: Word, items: list[int]) -> Form | None:
        """A product as C(a . b), if it is that for a linear map C: with the unit for a it is C(b)."""
        ring = self.ring
        if ring is None or (a.width, b.width) != (ring.width, ring.width):
            return None
        w = ring.width
        rows = [item >> ring.unit * w & ones(w) for item in items]
        positions = ring.positions
        for item, row in zip(items, rows, strict=True):
            rest = item
            for q in bits(row):
                rest ^= positions[q]
            if rest:
                return None
        return Form(n, 0, {self._times(a, b): rows})

    # -- the end --------------------------------------------------------------------------------

    def canonical(self, f: Form) -> Form:
        """The form with all ring products recognised, and squares of words written in the words themselves.

        A word that is the square of a word in the ring is a linear map of that one, so it has to go; then
        words are as good as independent.
        """
        f = self._flat(f)
        while True:
            out = Form(f.width, f.const, {}, f.products)
            again = False
            for a, v in f.linear.items():
                root = self._root(a)
                if root is None:
                    out.add(Form(f.width, 0, {a: v}))
                    continue
                assert self.ring is not None
                again = True
                items = _mapped(v, self.ring.squares)
                out.add(Form(f.width, 0, {root: items}))
            if not again:
                return out
            f = out

    def _root(self, a: Word) -> Word | None:
        half = a.factors[::2]
        if len(a.factors) < 2 or half != a.factors[1::2]:
            return None
        return self._word(half, a.width)


def _map(linear: dict[Word, list[int]], columns: Sequence[int]) -> dict[Word, list[int]]:
    """The linear map that takes 1 << j to columns[j], applied to the positions of a form's linear part."""
    out = {}
    for a, v in linear.items():
        items = [0] * len(v)
        for item, column in zip(v, columns, strict=True):
            for p in bits(column):
                items[p] ^= item
        if any(items):
            out[a] = items
    return out


def _mapped(items: list[int], columns: list[int]) -> list[int]:
    """Each item is a sum of bits of a word y; y = M x for the map that takes 1 << j to columns[j]: the items in x.

    That is the transpose: bit j of an item becomes 1 where an odd number of its bits lie in columns[j].
    """
    return [sum(((item & c).bit_count() & 1) << j for j, c in enumerate(columns)) if item else 0 for item in items]


def _folded(n: int, a: Word, matrices: list[int]) -> Form:
    """Products of bits of one word, each written once: the lower bit first, and a bit by itself is the bit."""
    w = a.width
    linear, products = [0] * n, [0] * n
    for p, matrix in enumerate(matrices):
        for q, r in entries(matrix, w):
            if q == r:
                linear[p] ^= 1 << q
            else:
                products[p] ^= 1 << min(q, r) * w + max(q, r)
    out = Form(n)
    if any(linear):
        out.linear[a] = linear
    if any(products):
        out.products[a, a] = products
    return out
