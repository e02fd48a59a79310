"""Looking for bounds of a polynomial: each quotient q = floor(E / m) in it is replaced by (E - z) / m, 0 <= z < m.

The latest quotient goes first.  What the textbook does by hand comes out of this: a Montgomery product is
T = (A * B + p * M) / 2**256 with M made of what the steps cut off, so T < 2 * p.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import gcd

from armsym.integers.kernel import Fact, Kernel, Summand
from armsym.integers.polynomial import ONE, Monomial, Polynomial, add, constant_term, content, lead, scale
from armsym.integers.rewriting import rewrite, rewritten

__all__ = ["Ranges"]

#: Whether bounds are good enough to stop.
Want = Callable[[int, int], bool]

#: How many quotients are replaced, and how long what comes of it may get.
MOST_STEPS, MOST_MONOMIALS = 2000, 1500

#: What is longer has equals put in at the end only.
MOST_REWRITTEN = 40

#: How many facts are taken together, and how many ways of taking some are followed.
MOST_FACTS, MOST_FORMS = 3, 6

#: In what has no more monomials than this any of a fact's may be what is taken out.
FEW = 6

#: Ways to choose what is replaced: only where it gets shorter, all but what is narrow already, everything.
SHORTER, NOT_NARROW, ALL = range(3)


@dataclass
class _Form:
    """divisor * (what is bounded) = rest + what `facts` say + an interval [lo, hi]."""

    rest: Polynomial
    lo: int
    hi: int
    divisor: int
    facts: list[Summand]
    #: The quotients' summands are to be taken this often.
    times: int = 1
    #: What the rest was before equals were put in.
    of: Polynomial | None = None


class Ranges:
    """Bounds under the facts that hold everywhere; `equal` are atoms that may be put in other words at the end."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.equal: dict[int, tuple[Polynomial, Fact]] = {}
        #: Names beyond which nobody looks for bounds.
        self.closed: set[int] = set()
        #: The monomials of each fact, without 1, and the leading one if there are any, by the fact's number.
        self._monomials: dict[int, tuple[frozenset[Monomial], Monomial]] = {}

    def bound(self, P: Polynomial, want: Want | None = None, facts: Sequence[Fact] = ()) -> Fact:
        """The best bounds that are found; at least those of its atoms."""
        kernel = self.kernel
        g = content(P)
        if g > 1:
            # g*X + c: bounds of X are rounded to integers before they are multiplied.
            c = constant_term(P)
            X = {m: v // g for m, v in P.items() if m}
            f = self.bound(X, None if want is None else lambda lo, hi: want(g * lo + c, g * hi + c), facts)
            return kernel.derive(P, [(g, f)])
        best = kernel.derive(P)
        for mode in (SHORTER, ALL, NOT_NARROW):
            if best.lo >= best.hi or (want is not None and want(best.lo, best.hi)):
                break
            best = self._eliminate(P, mode, want, facts, best)
        return best

    def _eliminate(self, P: Polynomial, mode: int, want: Want | None, facts: Sequence[Fact], best: Fact) -> Fact:
        atoms = self.kernel.atoms
        now, divisor, lo, hi = dict(P), 1, 0, 0
        steps: list[tuple[int, int, int]] = []  # (factor, coefficient, quotient)
        kept: set[int] = set()
        known = [best]
        self._improve(P, now, lo, hi, divisor, steps, facts, known)
        for _ in range(MOST_STEPS):
            if want is not None and want(known[0].lo, known[0].hi):
                break
            a = self._next(now, kept)
            if a is None:
                if len(now) > MOST_REWRITTEN:
                    self._improve(P, now, lo, hi, divisor, steps, facts, known, last=True)
                break
            x = atoms[a]
            assert x.E is not None
            c = now[(a,)]
            k = x.m // gcd(c, x.m)
            f = c * k // x.m
            new = scale(now, k) if k != 1 else dict(now)
            new.pop((a,), None)
            for m, d in x.E.items():
                v = new.get(m, 0) + f * d
                if v:
                    new[m] = v
                else:
                    new.pop(m, None)
            if mode == SHORTER and len(new) > len(now) and (x.hi - x.lo <= 4 or len(new) > 2 * len(now) + 6):
                kept.add(a)
                continue
            if mode == NOT_NARROW and len(new) >= len(now) and x.hi - x.lo <= 1:
                kept.add(a)
                continue
            low, high = (-f * (x.m - 1), 0) if f > 0 else (0, -f * (x.m - 1))
            now, divisor, lo, hi = new, divisor * k, lo * k + low, hi * k + high
            steps.append((k, f, a))
            self.kernel.worked(len(now) + len(x.E))
            self._improve(P, now, lo, hi, divisor, steps, facts, known)
            if len(now) > MOST_MONOMIALS:
                break
        return known[0]

    def _next(self, now: Polynomial, kept: set[int]) -> int | None:
        """The latest quotient that occurs, and not in a product."""
        atoms, closed = self.kernel.atoms, self.closed
        products: set[int] = set()
        best = -1
        for m in now:
            if len(m) > 1:
                products.update(m)
        for m in now:
            if len(m) == 1:
                a = m[0]
                if a > best and a not in kept and a not in closed and atoms[a].E is not None and a not in products:
                    best = a
        return None if best < 0 else best

    def _improve(
        self,
        P: Polynomial,
        now: Polynomial,
        lo: int,
        hi: int,
        divisor: int,
        steps: Sequence[tuple[int, int, int]],
        facts: Sequence[Fact],
        known: list[Fact],
        *,
        last: bool = False,
    ) -> None:
        """Have the kernel derive what is better than what is known."""
        kernel = self.kernel
        for form in self._forms(now, lo, hi, divisor, facts, equal=last or len(now) <= MOST_REWRITTEN):
            low, high = kernel.bounds(form.rest)
            low, high = -((-(low + form.lo)) // form.divisor), (high + form.hi) // form.divisor
            if low > known[0].lo or high < known[0].hi:
                terms: list[Summand] = []
                times = form.times
                for k, f, a in reversed(steps):
                    terms.append((-f * times, a))
                    times *= k
                cofactors = [] if form.of is None else rewrite(kernel, form.of, self.equal)[1]
                new = kernel.derive(P, [*terms, *form.facts], cofactors, divisor=form.divisor)
                known[0] = kernel.meet(known[0], new)

    def _forms(
        self, now: Polynomial, lo: int, hi: int, divisor: int, facts: Sequence[Fact], *, equal: bool
    ) -> list[_Form]:
        """The polynomial less multiples of facts that simplify it, and with equals put in."""
        forms = [_Form(now, lo, hi, divisor, [])]
        put = self._products_put(forms[0], facts)
        if put is not forms[0]:
            forms.append(put)
        last = forms
        known = [(fact, *self._of(fact)) for fact in facts]
        for _ in range(MOST_FACTS):
            new = [
                x
                for form in last
                for fact, monomials, top in known
                if top in form.rest or (len(form.rest) <= FEW and not monomials.isdisjoint(form.rest))
                for x in self._less(form, fact, top)
            ]
            self.kernel.worked(sum(len(form.rest) for form in new))
            last = sorted(new, key=lambda form: len(form.rest))[:MOST_FORMS]
            if not last:
                break
            forms += last
        if self.equal and equal:
            for form in list(forms):
                if any(a in self.equal for m in form.rest for a in m):
                    rest = rewritten(self.kernel, form.rest, self.equal)
                    of = form.rest
                    forms.append(_Form(rest, form.lo, form.hi, form.divisor, form.facts, form.times, of))
        return forms

    def _products_put(self, form: _Form, facts: Sequence[Fact]) -> _Form:
        """The form with what equations say in place of unknowns that occur in them once, beside products."""
        for fact in facts:
            if not fact.equation or all(len(m) < 2 for m in fact.P):
                continue
            for pivot, d in fact.P.items():
                if len(pivot) == 1 and abs(d) == 1 and pivot in form.rest:
                    f = form.rest[pivot] * d
                    rest = add(form.rest, fact.P, -f)
                    c = f * fact.lo
                    used: list[Summand] = [*form.facts, (f, fact)]
                    form = _Form(rest, form.lo + c, form.hi + c, form.divisor, used, form.times)
                    self.kernel.worked(len(fact.P))
                    break
        return form

    def _of(self, fact: Fact) -> tuple[frozenset[Monomial], Monomial]:
        """The monomials of a fact but 1, and the leading one; 1, which none of these is, where there are none."""
        assert fact.kernel is self.kernel
        found = self._monomials.get(fact.number)
        if found is None:
            monomials = frozenset(m for m in fact.P if m)
            found = self._monomials[fact.number] = monomials, lead(fact.P) if monomials else ONE
        return found

    @staticmethod
    def _less(form: _Form, fact: Fact, top: Monomial) -> Iterator[_Form]:
        """The form less a multiple of a fact, where that takes a monomial out of it: `top`, or any of `FEW`."""
        if not top or any(of is fact for _, of in form.facts):
            return
        pivots = [top] if top in form.rest else [m for m in fact.P if m and m in form.rest][:3]
        for pivot in pivots:
            c, d = form.rest[pivot], fact.P[pivot]
            k = abs(d) // gcd(c, d)
            f = c * k // d
            rest = add(scale(form.rest, k) if k > 1 else form.rest, fact.P, -f)
            if len(form.rest) > FEW and len(rest) >= len(form.rest):
                continue
            low, high = (f * fact.lo, f * fact.hi) if f > 0 else (f * fact.hi, f * fact.lo)
            used: list[Summand] = [(k * n, of) for n, of in form.facts]
            used.append((f, fact))
            yield _Form(rest, form.lo * k + low, form.hi * k + high, form.divisor * k, used, form.times * k)
