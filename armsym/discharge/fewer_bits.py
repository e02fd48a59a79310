"""Claims about functions of sums over GF(2), said of as many bits as those sums have to give.

An S-box is applied to `x1 ^ x2 ^ x3 ^ k`, another formula of it to linear maps of the same sum: 32 free bits for each
byte, of which only eight combinations count.  Arguments whose bits are XORs of other terms' bits are linear forms; they
become XORs of the bits of a fresh variable, one for each form that does not depend on those before it.

A claim that holds for all values of the new variable holds in particular where each of its bits is the form it
stands for, so the claim as it was follows.  That those forms are independent is not needed for that: dependent ones
could only make less hold.

Bits are told apart by the terms that they are bits of.  Bit q of a sum modulo 2^w depends on the bits up to q of what
it adds up alone: a sum of 32 bits and its lowest byte, a term of its own, have the same first bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import xor

from armsym.bits.opaque import definitions_of, nothing_known
from armsym.discharge.gf2 import bits as bits_of
from armsym.terms.evaluate import Substitution
from armsym.terms.node import App, Mono, Op, Sum, Term, Value, Var, intern, mono, ones
from armsym.terms.poly import make_poly, poly_view, toggle
from armsym.terms.walk import children

__all__ = ["FewerBits", "with_fewer_bits"]

#: Forms of one claim: a word's S-boxes have 32, those of a vector 128.
MOST_FORMS = 512

#: Operations that are looked into.
FUNCTIONS = frozenset({"and", "eq", "ult", "slt", "ite", "table"})

#: A linear form: bits of terms, by (term, position), that are added up; and a constant.
_Form = tuple[frozenset[tuple[int, int]], int]


@dataclass(frozen=True)
class FewerBits:
    """A claim that implies another, in which functions have fewer free bits: those of one new variable.

    `arguments` are put by sums of its bits: of each bit, the lowest first, which bits those are, as a mask, and what is
    added.
    """

    of: Term
    arguments: dict[Term, tuple[tuple[int, int], ...]]
    bits: int

    def claim(self) -> Value:
        """The claim itself.

        Of what nothing is known stays as it is: two such values are two, though the same may be put in both.
        """
        v = Var("form", self.bits)
        put = {a: _argument(a.width, v, found) for a, found in self.arguments.items()}
        return Substitution(put, alone=nothing_known)(self.of)


def with_fewer_bits(claim: Term, through: bool = False) -> FewerBits | None:
    """A claim that implies this one, in which functions have fewer free bits; None where that is not tried.

    With `through`, an argument that is a sum modulo 2^w (an index less 64, say) stays one, of new bits.
    """
    basis = _Basis()
    arguments: dict[Term, tuple[tuple[int, int], ...]] = {}
    for a, forms in _arguments(claim, through):
        arguments[a] = tuple((basis.of(bits), constant) for bits, constant in forms)
        if len(basis.forms) > MOST_FORMS:
            return None
    return FewerBits(claim, arguments, len(basis.forms)) if basis.forms else None


def _arguments(claim: Term, through: bool) -> Iterator[tuple[Term, list[_Form]]]:
    """What the functions are applied to whose bits the claim adds up, where all its bits are linear forms.

    Functions are opaque ones that have a definition, and look-ups, choices and comparisons.
    """
    total = claim.args[0] if isinstance(claim, Op) and claim.kind == "eq" else claim
    todo, seen = _functions(total) if isinstance(total, Term) else [], set[int]()
    sums: dict[object, int] = {}
    while todo:
        arguments = list(children(todo.pop()))
        while arguments:
            a = arguments.pop()
            if isinstance(a, int) or a.id in seen:
                continue
            seen.add(a.id)
            if through and isinstance(a, Sum):
                arguments += a.terms
                continue
            inside = [t for t in _functions(a) if isinstance(t, Op)]
            forms = None if inside else _forms(a, sums)
            if forms is None:
                todo += _functions(a)
            else:
                yield a, forms


def _functions(v: Term) -> list[App | Op]:
    """The functions among the terms whose bits, or which, a value is the sum of."""
    found: dict[int, App | Op] = {}
    # (Sums of sums share parts: each is looked into once.)
    todo, seen = [v], set[int]()
    while todo:
        for base in {base: None for m in poly_view(todo.pop())[0] for base, _ in m.factors if base.id not in seen}:
            seen.add(base.id)
            if isinstance(base, Sum):
                todo += base.terms
            elif (isinstance(base, App) and definitions_of(base)) or (isinstance(base, Op) and base.kind in FUNCTIONS):
                found[base.id] = base
    return list(found.values())


def _forms(a: Term, sums: dict[object, int]) -> list[_Form] | None:
    """The bits of an argument, the lowest first; None if one is no linear form.  `sums`: see `_bit`."""
    entries, const = poly_view(a)
    if any(len(m.factors) > 1 for m in entries):
        return None
    found: list[set[tuple[int, int]]] = [set() for _ in range(a.width)]
    for m, mask in entries.items():
        base, s = m.factors[0]
        for p in bits_of(mask):
            bit, bits = _bit(base, p + s, sums), found[p]
            # Added to itself it is gone.
            if bit in bits:
                bits.remove(bit)
            else:
                bits.add(bit)
    return [(frozenset(bits), const >> p & 1) for p, bits in enumerate(found)]


def _bit(base: Term, q: int, sums: dict[object, int]) -> tuple[int, int]:
    """Bit q of a term, by names: those of sums are told apart by what they add up modulo 2^(q + 1).

    `sums` has the numbers, from -1 down, of the sums that were met so far.
    """
    if not isinstance(base, Sum):
        return base.id, q
    low = ones(q + 1)
    # (Two summands that agree in all bits that count are two.)
    added = Counter((c & low, _lowest(u, q + 1)) for u, c in base.terms.items() if c & low)
    return sums.setdefault((q, base.const & low, frozenset(added.items())), -1 - len(sums)), q


def _lowest(u: Term, n: int) -> object:
    """The lowest n bits of a term, alike for terms that agree in them."""
    entries, const = poly_view(u)
    left = ((m.factors, mask & ones(n)) for m, mask in entries.items())
    return frozenset((tuple((b.id, s) for b, s in factors), mask) for factors, mask in left if mask), const & ones(n)


class _Basis:
    """Forms as sums of independent ones: by elimination, each row with the new bits that it is the sum of."""

    def __init__(self) -> None:
        #: What each new bit stands for.
        self.forms: list[frozenset[tuple[int, int]]] = []
        #: Pivot -> (what is left of a form once the rows before are added, which of the new bits that is).
        self._rows: dict[tuple[int, int], tuple[frozenset[tuple[int, int]], int]] = {}

    def of(self, form: frozenset[tuple[int, int]]) -> int:
        """The new bits that the form is the sum of, as a mask; a new one if it depends on none."""
        left, mask = form, 0
        while left:
            # A row is reduced by those before it only, so pivots are looked for until none is left.
            pivot = min((b for b in left if b in self._rows), default=None)
            if pivot is None:
                new = 1 << len(self.forms)
                self.forms.append(form)
                self._rows[min(left)] = left, mask | new
                return new
            row, made_of = self._rows[pivot]
            left, mask = left ^ row, mask ^ made_of
        assert reduce(xor, (f for k, f in enumerate(self.forms) if mask >> k & 1), frozenset()) == form
        return mask


def _argument(width: int, v: Term, forms: Sequence[tuple[int, int]]) -> Value:
    """The argument whose bits are these sums of bits of the new variable, and constants."""
    entries: dict[Mono, int] = {}
    for p, (mask, _) in enumerate(forms):
        for k in range(mask.bit_length()):
            if mask >> k & 1:
                toggle(entries, mono(v, k - p), 1 << p)
    value = make_poly(width, entries, sum(constant << p for p, (_, constant) in enumerate(forms)))
    return intern(value) if isinstance(value, Term) else value
