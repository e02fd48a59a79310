"""Claims about values of folds, which are numbers without bounds: B(i), A(i) and the like.

Such a claim is a polynomial in values of folds whose coefficients are integers made of words.  It is reduced to
claims about its coefficients, which are `Argument`'s to show.  What has to be believed, beside that:

- what an equation of what is known says may be subtracted, times any integer;
- a polynomial of which each coefficient is 0 (or a multiple of m) is 0 (or a multiple of m);
- x is a multiple of N where it is 0 once multiples of N, and of what equations say to be 0, are subtracted; so is a
  polynomial of which each coefficient is a multiple of c, times v, where N is c v;
- a sum of products of numbers that are not negative is not negative;
- c is 0 where c v is 0 and v at least 1;
- x is not negative where s x + s - 1 is not, s >= 1 (x = -1 makes it -1), s a number or times a value of at least 1;
- a bit is 0 or 1: what holds in both cases, holds; in a case what is asked is multiplied by 1 - b or b.

Each step is an identity that `_Form` computes; which steps to take is search, and a wrong one shows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import gcd
from typing import TypeAlias

from armsym.bits import Bits
from armsym.integers.claims import Shown
from armsym.integers.expression import (
    FoldValue,
    Integer,
    IntegerLike,
    Multiplier,
    Part,
    Quotient,
    Relation,
    Word,
    integer,
)
from armsym.terms import ops
from armsym.terms.evaluate import Substitution, free_terms
from armsym.terms.node import App, Poly, Term, Value, Var, ones

__all__ = ["speaks_of_folds", "unbounded"]

#: Values of folds multiplied, in order; the empty product is 1.
Product: TypeAlias = tuple[FoldValue, ...]
#: Coefficients by product; none is the number 0.
Form: TypeAlias = dict[Product, IntegerLike]

#: Bits that multiply values of folds are told apart, so many at most.
MOST_BITS = 4
#: How many ways to write a number as a sum of what is not negative are tried.
MOST_WAYS = 48
#: How many facts one such sum is made of.
MOST_FACTS = 4
#: Numbers that a claim is multiplied by to be shown, so many are tried.
MOST_SCALES = 3
#: And so many by which a value of a fold is multiplied for that.
MOST_FACTORS = 8
#: So often an equation may be put into what another gave.
MOST_ROUNDS = 60


class _Unreadable(Exception):
    """A claim of a form that is not understood."""


#: Puts one vector in place of another.
Put: TypeAlias = Callable[[Bits], Bits]
#: Answers claims about words by what is known of words, and these claims, with words put in place of others.
ShowWords: TypeAlias = Callable[[Sequence[Relation], Put, Sequence[Relation]], Sequence[Shown]]
#: The same, where what is known and what is put is settled.
_Show: TypeAlias = Callable[[Sequence[Relation], Put], Sequence[Shown]]


@dataclass(frozen=True)
class _Case:
    """Some bits having values; `holds` is 1 in this case and else 0."""

    bits: dict[Word, int]
    holds: IntegerLike


def speaks_of_folds(r: Relation) -> bool:
    """Whether a claim is about values of folds."""
    return bool(r.values())


def unbounded(known: Sequence[Relation], r: Relation, show: ShowWords) -> Shown:
    """Whether a claim about values of folds follows from what is known."""
    try:
        words = _Search(known, lambda asked: [Shown(False)] * len(asked)).words
        for part in r.parts:
            shown = _part(known, part, lambda asked, put: show(asked, put, words))
            if not shown.holds:
                return shown
    except _Unreadable as e:
        return Shown(False, str(e))
    return Shown(True)


def _part(known: Sequence[Relation], part: Part, show: _Show) -> Shown:
    x, modulus, lo, hi = part
    if _multipliers(x):
        return _congruent(known, part, lambda asked: show(asked, lambda b: b))
    search = _Search(known, lambda asked: show(asked, lambda b: b))
    P = search.reduced(_form(x))
    if modulus:
        return search.coefficients(P, modulus)
    if lo is not None and lo == hi:
        P = _plus(P, {(): -lo})
        less = search.less_unsolved(P)
        shown = search.coefficients(less, 0)
        # (What it is less may have words as coefficients of which less is known than of its own.)
        return shown if shown.holds or less is P else search.coefficients(P, 0)
    # First only with the cases of what is asked, then with those of what is known.
    of_claim, of_facts = _unknown_bits([P]), _unknown_bits([P, *search.facts])
    # Before all of them those that what is claimed of words is made of.
    made_of = {t for c in P.values() if isinstance(c, Integer) for _, _, w in c.leaves() for t in free_terms(w)}
    near = [t for t in of_facts if t in of_claim or free_terms(t) <= made_of]
    near += [t for t in made_of if isinstance(t, Var) and t.width == 1 and t not in near]
    shown = Shown(False)
    for bits in _different(of_claim, near, of_facts) if any(P) else [near]:
        if len(bits) > MOST_BITS:
            return Shown(False, f"{len(bits)} bits multiply values of folds: at most {MOST_BITS} are told apart")
        for values in product((0, 1), repeat=len(bits)):
            shown = _with_values(known, part, show, dict(zip(bits, values, strict=True)))
            if not shown.holds:
                break
        if shown.holds:
            return shown
    return shown


def _multipliers(x: Integer) -> set[FoldValue]:
    return {v for v in x.values() if isinstance(v.of, Multiplier)}


def _congruent(known: Sequence[Relation], part: Part, show: Callable[[Sequence[Relation]], Sequence[Shown]]) -> Shown:
    """That x = K N for some K, where K occurs as a factor of N alone: in numbers modulo N, where N is 0, x is 0.

    What is known to be congruent modulo N says there that it is 0; what is equal is equal.
    """
    x, modulus, lo, hi = part
    (K, *others), P = _multipliers(x), _form(x)
    if others or modulus or (lo, hi) != (0, 0) or any(m.count(K) > 1 for m in P):
        return Shown(False, "that a number is a multiple of a fold's value is claimed by congruent() alone")
    N: Form = {rest: c * -1 for m, c in P.items() if (rest := _without(m, (K,))) is not None}
    P = {m: c for m, c in P.items() if K not in m}
    c = N.get((), 0)
    if isinstance(c, int) and not any(N):
        # (A fold's value that turned out to be a number; all is a multiple of 1, and only 0 is of 0.)
        search = _Search(known, show)
        return search.coefficients(search.reduced(P), abs(c)) if c else Shown(False, "it is congruent modulo 0")
    search = _Search(known, show, zero=N)
    P = search.reduced(P)
    if len(N) == 1:
        # Of c v, what has the factor v has to be a multiple of c (2^64 of the unit before, say).
        ((v, c),) = N.items()
        multiples = {m: d for m, d in P.items() if _without(m, v) is not None}
        if isinstance(c, int) and abs(c) > 1 and multiples:
            shown = search.coefficients(multiples, abs(c))
            if not shown.holds:
                return shown
            P = {m: d for m, d in P.items() if m not in multiples}
    return search.coefficients(P, 0)


def _with_values(known: Sequence[Relation], part: Part, show: _Show, values: dict[Term, int]) -> Shown:
    """Whether a claim about bounds holds where unknown bits have these values."""
    put_in = Substitution(_put_in(values))
    text = "".join(f", {t} = {v}" for t, v in values.items())

    def put(b: Bits) -> Bits:
        return Bits(b.width, put_in(b.value)) if isinstance(b.value, Term) else b

    here = [k for k in (r.map(put) for r in known) if isinstance(k, Relation)]
    claim = Relation((part,)).map(put)
    search = _Search(here, lambda asked: show(asked, put))
    if not isinstance(claim, Relation):
        # Where it does not hold: that what is known contradicts itself, for then -1 is not negative.
        none = Shown(claim) if claim else search.not_negative({(): -1})
        return none if none.holds else Shown(False, f"it does not hold{text}")
    for x, _, lo, hi in claim.parts:
        P = search.reduced(_form(x))
        shown = Shown(True)
        if lo is not None:
            shown = search.not_negative(_plus(P, {(): -lo}))
        if hi is not None and shown.holds:
            shown = search.not_negative(_plus({(): hi}, P, -1))
        if not shown.holds:
            return Shown(False, f"{shown.detail}{text}")
    return Shown(True)


def _different(*lists: list[Term]) -> Iterator[list[Term]]:
    """Each list once."""
    for k, one in enumerate(lists):
        if one not in lists[:k]:
            yield one


def _put_in(values: dict[Term, int]) -> dict[Term, Value]:
    """What stands for what, where some bits have these values: of a variable the same with the bit so."""
    found: dict[Term, Value] = {}
    for t, v in values.items():
        place = _bit_of(t)
        if place is None:
            found[t] = v
        else:
            x, b = place
            old = found.get(x, x)
            found[x] = ops.xor(x.width, ops.and_(x.width, old, ones(x.width) & ~(1 << b)), v << b)
    return found


def _bit_of(t: Term) -> tuple[Var, int] | None:
    """The variable of several bits, and the number of the bit, that a one-bit value is."""
    if isinstance(t, Poly) and not t.const and len(t.entries) == 1:
        ((m, mask),) = t.entries.items()
        if mask == 1 and len(m.factors) == 1:
            x, b = m.factors[0]
            if isinstance(x, Var) and 0 <= b < x.width:
                return x, b
    return None


def _unknown_bits(forms: Iterable[Form]) -> list[Term]:
    """The bits that multiply values of folds and that are not looked into: a number can stand for one everywhere."""
    return [t for _, _, t in _bits(forms) if isinstance(t, (Var, App)) or _bit_of(t) is not None]


def _bits(forms: Iterable[Form]) -> list[Word]:
    """The bits that multiply values of folds; of what speaks of none, its bits."""
    found: set[Word] = set()
    for P in forms:
        alone = not any(P)
        for m, c in P.items():
            if (m or alone) and isinstance(c, Integer):
                found |= {leaf for mono in c.terms for leaf in mono if _is_bit(leaf)}  # type: ignore[misc]
    return sorted(found, key=lambda leaf: leaf[2].id)


# -- forms ----------------------------------------------------------------------------------------


def _form(x: IntegerLike) -> Form:
    if isinstance(x, int):
        return {(): x} if x else {}
    parts: dict[Product, dict[tuple[object, ...], int]] = {}
    for mono, c in x.terms.items():
        values = tuple(leaf for leaf in mono if isinstance(leaf, FoldValue))
        rest = tuple(leaf for leaf in mono if not isinstance(leaf, FoldValue))
        if any(isinstance(leaf, Quotient) and leaf.of.values() for leaf in rest):
            raise _Unreadable("a quotient or remainder of a fold's value is not supported")
        parts.setdefault(values, {})[rest] = c
    return {values: _integer(terms) for values, terms in parts.items()}


def _integer(terms: dict[tuple[object, ...], int]) -> IntegerLike:
    if len(terms) == 1 and () in terms:
        return terms[()]
    return Integer(terms)  # type: ignore[arg-type]


def _plus(a: Form, b: Form, by: IntegerLike = 1, values: Product = ()) -> Form:
    """a + by * values * b."""
    out = dict(a)
    for m, c in b.items():
        k = tuple(sorted(m + values, key=lambda v: v.key))
        total = out.get(k, 0) + c * by
        if isinstance(total, int) and not total:
            out.pop(k, None)
        else:
            out[k] = total
    return out


def _without(m: Product, part: Product) -> Product | None:
    """m / part, or None if it is no multiple."""
    left = list(m)
    for v in part:
        if v not in left:
            return None
        left.remove(v)
    return tuple(left)


def _put(x: IntegerLike, bits: dict[Word, int]) -> IntegerLike:
    """An integer with numbers in place of some bits."""
    if isinstance(x, int) or not bits:
        return x
    known: dict[Word | FoldValue, IntegerLike] = {}
    for leaf in x.leaves():
        signed, width, t = leaf
        known[leaf] = bits[leaf] if leaf in bits else integer([Bits(width, t)], signed=signed)
    return x.map(known)


def _divided(x: IntegerLike, n: int) -> IntegerLike | None:
    """x / n, where each coefficient of x is a multiple of n."""
    if n == 1:
        return x
    if isinstance(x, int):
        return None if x % n else x // n
    return None if any(c % n for c in x.terms.values()) else Integer({m: c // n for m, c in x.terms.items()})


def _one_or_minus_one(x: IntegerLike, y: Integer) -> int:
    """1 where x is y as it is written, -1 where it is -y, else 0."""
    return next((by for by in (1, -1) if isinstance(d := x - y * by, int) and not d), 0)


def _primitive(x: Integer) -> Integer:
    """x over the greatest number that divides all its coefficients: it is 0, or not negative, where x is."""
    g = gcd(*x.terms.values())
    return Integer({m: c // g for m, c in x.terms.items()})


#: (product, n, value): n times the product is the value.
_Rule: TypeAlias = tuple[Product, int, Form]

# -- the search -------------------------------------------------------------------------------------


class _Search:
    def __init__(
        self,
        known: Sequence[Relation],
        show: Callable[[Sequence[Relation]], Sequence[Shown]],
        zero: Form | None = None,
    ) -> None:
        """`zero` is a number that is taken to be 0: what is then found to be 0 is a multiple of it."""
        self._show = show
        self._equations: list[Form] = [] if zero is None else [zero]
        #: What is not negative.
        self.facts: list[Form] = []
        # (Of residues what became known last speaks of what there is now.)
        for r in known if zero is None else reversed(known):
            for x, modulus, lo, hi in r.parts:
                if modulus or not x.values():
                    continue
                try:
                    P = _form(x)
                except _Unreadable:
                    continue
                if lo is not None and lo == hi:
                    self._equations.append(_plus(P, {(): -lo}))
                    continue
                if lo is not None:
                    self.facts.append(_plus(P, {(): -lo}))
                if hi is not None:
                    self.facts.append(_plus({(): hi}, P, -1))
        self._rules: list[_Rule] = []
        #: Equations that are solved for nothing: each product in them has words as its coefficient.
        self._unsolved: list[Form] = []
        #: What equations say of words alone; they hold if nothing was taken to be 0.
        self.words: list[Relation] = []
        self._solve()
        # Of what is put in other words by an equation, what its definition says is said in those, too.
        for pivot, _, _ in self._rules:
            if len(pivot) == 1:
                self.facts += [*self._by_definition([{pivot: 1}])]
                if _is_natural(pivot[0]):
                    self.facts.append({pivot: 1, (): -(pivot[0].of.least or 0)})
        self.facts = [f for f in (self.reduced(f) for f in self.facts) if any(f)]

    # -- equations --------------------------------------------------------------------------------

    def _solve(self) -> None:
        """Solve each equation for a product that occurs in it once and by itself."""
        left, again = list(self._equations), MOST_ROUNDS
        while left:
            P = self.reduced(left.pop(0))
            pivot = self._pivot(P)
            if pivot is None:
                self._note_words(P)
                self._unsolved.append(P)
                continue
            c = P[pivot]
            assert isinstance(c, int)
            rule = pivot, abs(c), {m: d * (-1 if c > 0 else 1) for m, d in P.items() if m != pivot}
            # What was solved for a multiple of this says something else now.
            for old in [r for r in self._rules if abs(c) == 1 and _without(r[0], pivot) is not None][:again]:
                self._rules = [r for r in self._rules if r is not old]
                left.append(_plus({old[0]: old[1]}, old[2], -1))
                again -= 1
            self._rules = [(p, n, self.reduced(v, [rule])) for p, n, v in self._rules] + [rule]

    def _note_words(self, P: Form) -> None:
        """What an equation c v = 0 says of words, where v is a product of values that are at least 1."""
        if len(P) == 1:
            ((m, c),) = P.items()
            if isinstance(c, Integer) and all((v.of.least or 0) >= 1 for v in m):
                self.words.append(Relation(((_primitive(c), 0, 0, 0),)))

    @staticmethod
    def _pivot(P: Form) -> Product | None:
        """What is a number times a product: 1 or -1 before others, of one value before several, the latest fold."""
        found = {
            m: abs(c)
            for m, c in P.items()
            if m and isinstance(c, int) and not any(n != m and _without(n, m) is not None for n in P)
        }
        return max(found, key=lambda m: (-found[m], -len(m), m[0].of.bound is not None, m[0].key), default=None)

    def reduced(self, P: Form, rules: Sequence[_Rule] | None = None) -> Form:
        """P less multiples of equations, so that nothing they were solved for is left."""
        for _ in range(MOST_ROUNDS):
            hit = next(
                (
                    (m, rest, value, by)
                    for pivot, n, value in (self._rules if rules is None else rules)
                    for m in P
                    if (rest := _without(m, pivot)) is not None and (by := _divided(P[m], n)) is not None
                ),
                None,
            )
            if hit is None:
                return P
            m, rest, value, by = hit
            P = _plus({n: d for n, d in P.items() if n != m}, value, by, rest)
        raise _Unreadable("the equations lead from one to another without end")

    def less_unsolved(self, P: Form) -> Form:
        """P less, or with, each equation that was solved for nothing and has with a product what P has with it."""
        for E in (self.reduced(E) for E in self._unsolved):
            for m, c in E.items():
                if m and isinstance(c, Integer) and m in P and (by := _one_or_minus_one(P[m], c)):
                    P = _plus(P, E, -by)
                    break
        return P

    def coefficients(self, P: Form, modulus: int) -> Shown:
        """That each coefficient is 0, or a multiple of a number."""
        asked, names = [], []
        for m, c in P.items():
            if isinstance(c, int):
                if c % modulus if modulus else c:
                    return Shown(False, f"the coefficient of {_text(m)} is {c:#x}, and not 0{_modulo(modulus)}")
                continue
            asked.append(Relation(((c, modulus, None, None) if modulus else (_primitive(c), 0, 0, 0),)))
            names.append(m)
        for m, shown in zip(names, self._show(asked), strict=True):
            if not shown.holds:
                where = f"the coefficient of {_text(m)} is not shown to be 0{_modulo(modulus)}"
                return Shown(False, f"{where}: {shown.detail}")
        return Shown(True)

    # -- inequalities -----------------------------------------------------------------------------

    def not_negative(self, P: Form) -> Shown:
        """That a number is not negative."""
        if not any(P) and self._by_a_value(P):
            return Shown(True)
        everywhere = _Case({}, 1)
        bits = [leaf for leaf in _bits([P]) if not isinstance(leaf[2], (Var, App))]
        if bits and self._in_case(P, everywhere).holds:
            return Shown(True)
        scaled = (self.reduced(_plus(_plus({}, P, s), {(): s - 1})) for s in self._scales(P))
        if any(self._in_case(Q, everywhere).holds for Q in scaled):
            return Shown(True)
        if len(bits) > MOST_BITS:
            return Shown(False, f"{len(bits)} bits multiply values of folds: at most {MOST_BITS} are told apart")
        for values in product((0, 1), repeat=len(bits)):
            holds: IntegerLike = 1
            for (_, _, t), v in zip(bits, values, strict=True):
                b = integer(Bits(1, t))
                holds = holds * (b if v else 1 - b)
            case = _Case(dict(zip(bits, values, strict=True)), holds)
            shown = self._in_case(P, case)
            if not shown.holds:
                return shown
        return Shown(True)

    def _by_a_value(self, P: Form) -> bool:
        """That a number made of words is not negative, for s P + s - 1 is a fact and what is not negative.

        s is a value that is at least 1, such as 2^(64 i), times a number.
        """
        for f in self.facts:
            for m, c in f.items():
                if len(m) != 1 or (m[0].of.least or 0) < 1 or not isinstance(c, Integer):
                    continue
                for n in sorted({abs(d) for d in c.terms.values()}, reverse=True)[:MOST_FACTORS]:
                    Q = _plus(_plus(_plus({}, P, n, m), {m: n, (): -1}), f, -1)
                    rest = self._at_least(Q)
                    asked = [Relation(((_primitive(x), 0, 0, None),)) for x in rest or () if isinstance(x, Integer)]
                    if rest is not None and all(shown.holds for shown in self._show(asked)):
                        return True
        return False

    def _scales(self, P: Form) -> list[int]:
        """By what a number may be multiplied to have coefficients of what is known, the likeliest first."""
        found = {abs(d) for f in self.facts for m, d in f.items() if m in P and isinstance(d, int) and abs(d) > 1}
        found |= {n for pivot, n, _ in self._rules if n > 1 and any(_without(m, pivot) is not None for m in P)}
        return sorted(found, reverse=True)[:MOST_SCALES]

    def _in_case(self, P: Form, case: _Case) -> Shown:
        P = _with_bits(P, case.bits)
        facts = [f for f in (_with_bits(f, case.bits) for f in self.facts) if any(f)]
        facts += self._by_definition([P, *facts])
        answers: dict[str, Shown] = {}

        def natural(x: IntegerLike) -> Shown:
            """Whether an integer made of words is not negative in this case."""
            y = x * case.holds
            if isinstance(y, int):
                return Shown(y >= 0, f"{y} is negative")
            y = _primitive(y)
            key = repr(sorted((_key(m), c) for m, c in y.terms.items()))
            if key not in answers:
                (answers[key],) = self._show([Relation(((y, 0, 0, None),))])
            return answers[key]

        failed = Shown(False, "it is no sum of what is known not to be negative")
        text = "".join(f", {t} = {v}" for (_, _, t), v in case.bits.items())
        tried = 0
        for depth in range(MOST_FACTS + 1):
            for Q in self._ways(P, facts, natural, depth):
                rest = self._at_least(Q)
                if rest is None:
                    continue
                shown = next((a for a in map(natural, rest) if not a.holds), Shown(True))
                if shown.holds:
                    return shown
                failed = shown
                tried += 1
                if tried > MOST_WAYS:
                    return Shown(False, f"{failed.detail}{text}")
        return Shown(False, f"{failed.detail}{text}")

    @staticmethod
    def _by_definition(forms: Iterable[Form]) -> list[Form]:
        """What is not negative whatever is known: v - least, and bound - 1 - v."""
        values = {v for P in forms for m in P for v in m}
        found: list[Form] = []
        for v in sorted(values, key=lambda v: v.key):
            if v.of.bound is not None:
                greater = v.of.bound.at(Bits(64, v.index))
                found.append(_plus(_form(greater), {(v,): 1, (): 1}, -1))
        return found

    def _ways(
        self, P: Form, facts: Sequence[Form], natural: Callable[[IntegerLike], Shown], left: int
    ) -> Iterator[Form]:
        """P less products of so many facts and what is not negative: if one of these is not negative, P is not."""
        if not left:
            yield P
            return
        if not any(P):
            # A number: facts that contradict each other make it of any kind.
            for f in facts:
                if isinstance(d := f.get((), 0), int) and d < 0:
                    yield from self._ways(_plus(P, f, -1), facts, natural, left - 1)
            return
        # What is negative has to go; what may be is worth a try.
        negative = [m for m, c in P.items() if m and isinstance(c, int) and c < 0]
        others = [m for m in P if m]
        order: Callable[[Product], tuple[object, ...]] = lambda m: (m[0].of.bound is not None, len(m), m[-1].key)  # noqa: E731
        for m in [max(negative, key=order)] if negative else sorted(others, key=order, reverse=True):
            c = P[m]
            for f, rest, k in _multiples(c, m, facts):
                if natural(k).holds:
                    # P = k * rest * f + what is left
                    yield from self._ways(_plus(P, f, k * -1, rest), facts, natural, left - 1)

    @staticmethod
    def _at_least(P: Form) -> list[IntegerLike] | None:
        """The coefficients of P in v - least(v): if none is negative, P is not; None if one is."""
        out: Form = {}
        for m, c in P.items():
            shifted: Form = {(): 1}
            for v in m:
                if not _is_natural(v):
                    return None
                shifted = _plus(_plus({}, shifted, 1, (v,)), shifted, v.of.least or 0)
            out = _plus(out, shifted, c)
        if any(isinstance(c, int) and c < 0 for c in out.values()):
            return None
        return [c for c in out.values() if not isinstance(c, int)]


def _multiples(c: IntegerLike, m: Product, facts: Sequence[Form]) -> Iterator[tuple[Form, Product, IntegerLike]]:
    """(f, rest, k), so that c m is in k * rest * f: first by facts that have a product once, then by others."""
    for unit in (True, False):
        for f in facts:
            for n, d in f.items():
                rest = _without(m, n) if n else None
                if rest is None or not isinstance(d, int) or not all(map(_is_natural, rest)):
                    continue
                if unit and abs(d) == 1:
                    yield f, rest, c * d
                elif not unit and abs(d) > 1 and isinstance(c, int) and c % d == 0:
                    yield f, rest, c // d


def _with_bits(P: Form, bits: dict[Word, int]) -> Form:
    out: Form = {}
    for m, c in P.items():
        out = _plus(out, {m: _put(c, bits)})
    return out


def _is_natural(v: FoldValue) -> bool:
    return v.of.least is not None and v.of.least >= 0


def _is_bit(leaf: object) -> bool:
    return isinstance(leaf, tuple) and leaf[0] is False and leaf[1] == 1


def _key(m: tuple[object, ...]) -> str:
    return repr([leaf.key if isinstance(leaf, Quotient) else (leaf[0], leaf[1], leaf[2].id) for leaf in m])  # type: ignore[index]


def _text(m: Product) -> str:
    return " * ".join(map(repr, m)) or "1"


def _modulo(modulus: int) -> str:
    return f" modulo {modulus:#x}" if modulus else ""
