"""What the engine's facts say as linear forms, and preconditions taken apart.  Untrusted."""

from __future__ import annotations

from collections.abc import Callable

from armsym.audit.words import Words
from armsym.terms import ops
from armsym.terms.linear import linear_view
from armsym.terms.node import App, Op, Poly, Term, Value, Var, intern

__all__ = ["all_of", "chained", "linear_facts"]

#: Products of conditions, XORed; the empty one is 1.
Products = frozenset[frozenset[Term]]


def all_of(v: Value) -> list[Value]:
    """The conditions that one is the conjunction of, if each is a negation: (1 ^ a) & (1 ^ b), multiplied out."""
    if not isinstance(v, Poly) or v.const != 1:
        return [v]
    alone = [m.factors[0] for m in v.entries if len(m.factors) == 1]
    if any(base.width != 1 or shift for base, shift in alone):
        return [v]  # a bit of a wider word
    single = [ops.xor(1, base, 1) for base, _ in alone]
    product: Value = 1
    for one in single:
        product = ops.and_(1, product, one)
    same = isinstance(product, Term) and intern(product) is intern(v)
    return single if same else [v]


def chained(words: Words, v: Value, node: Callable[[Value], int]) -> int:
    """The node of a condition on others as "this one, or else", which paths can be parted by, if it is one.

    So is a | ~(b | c), of which the normal form is a XOR (1 XOR a) * (1 XOR b) * (1 XOR c), multiplied out.
    """
    if not isinstance(v, Poly) or v.width != 1:
        return node(v)
    if any(base.width != 1 or shift for m in v.entries for base, shift in m.factors):
        return node(v)  # a bit of a wider word
    products: set[frozenset[Term]] = {frozenset(base for base, _ in m.factors) for m in v.entries}
    if v.const:
        products.add(frozenset())
    found = _chain(words, frozenset(products), node)
    return node(v) if found is None else found


def _chain(words: Words, of: Products, node: Callable[[Value], int]) -> int | None:
    if not of or of == {frozenset()}:
        return words.const(len(of))
    for c in sorted({c for product in of for c in product}, key=lambda t: t.id):
        without = frozenset(product for product in of if c not in product)
        among = without ^ frozenset(product - {c} for product in of if c in product)
        for other, is_it, both in ((without, True, among), (among, False, without)):
            if both not in (frozenset(), {frozenset()}):
                continue
            # Where c is `is_it`, all is 0, or all is 1: c is not that AND the rest, or it is that OR the rest.
            rest = _chain(words, other, node)
            if rest is None:
                return None
            unless = words.inverted(node(c)) if is_it else node(c)
            if words.constant(rest) is not None:
                return unless if not both else words.inverted(unless)  # (it would not speak of c if they were equal)
            if not both:
                return words.both(unless, rest)
            return words.inverted(words.both(unless, words.inverted(rest)))
    return None


def _form(v: Value) -> tuple[int, dict[Term, int]] | None:
    if isinstance(v, int):
        return v, {}
    terms, constant = linear_view(v)
    half, full = 1 << v.width - 1, 1 << v.width
    if not all(isinstance(t, (Var, App)) for t in terms):
        return None
    signed = {t: k - full if k >= half else k for t, k in terms.items()}
    return (constant - full if constant >= half else constant), signed


def linear_facts(fact: Value) -> list[tuple[int, dict[Term, int]]]:
    """Forms that are at least 0 where the fact holds, if it compares sums."""
    if isinstance(fact, int):
        return []
    negated, t = False, fact
    if isinstance(t, Poly) and t.const == 1 and len(t.entries) == 1:
        (m,) = t.entries
        if len(m.factors) == 1 and m.factors[0][1] == 0:
            negated, t = True, m.factors[0][0]
    if not isinstance(t, Op) or t.kind not in ("ult", "eq"):
        return []
    a, b = (_form(v) for v in t.args if isinstance(v, (int, Term)))
    if a is None or b is None:
        return []
    if t.kind == "eq":
        return [] if negated else [_less(b, a, 0), _less(a, b, 0)]
    return [_less(a, b, 0)] if negated else [_less(b, a, 1)]


def _less(a: tuple[int, dict[Term, int]], b: tuple[int, dict[Term, int]], by: int) -> tuple[int, dict[Term, int]]:
    """a - b - by."""
    terms = dict(a[1])
    for t, k in b[1].items():
        terms[t] = terms.get(t, 0) - k
    return a[0] - b[0] - by, {t: k for t, k in terms.items() if k}
