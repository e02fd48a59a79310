"""floor(E / m) in one form, so that equal quotients meet.

Each step goes from one quotient to a simpler one, floor(E / m) = A + s * floor(E' / m'), and says how the fact
0 <= E - m*F <= m - 1, which is what being the quotient F means, goes from the one to the other and back.  The kernel
derives each: a step that is wrong is refused, not believed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from armsym.integers.kernel import Fact, Kernel, Summand, Unsound
from armsym.integers.polynomial import ONE, Polynomial, add, const, constant_term, content, scale
from armsym.integers.ranges import Ranges

__all__ = ["Floor", "Floors"]

#: No modulus of merged quotients has more bits.
MOST_BITS = 1300


@dataclass(frozen=True)
class Floor:
    """F = floor(E / m), and the fact that says so: 0 <= E - m*F <= m - 1."""

    F: Polynomial
    fact: Fact


@dataclass(frozen=True)
class _Step:
    """floor(E / m) = A + s * floor(E' / m'), and how the kernel goes between the facts that say so."""

    A: Polynomial
    s: int
    up: Callable[[Polynomial, Fact], Fact]
    down: Callable[[Polynomial, Fact], Fact]


def is_floor(E: Polynomial, m: int, found: Floor) -> Floor:
    """The floor, once it is seen to be that of E and m."""
    f = found.fact
    if f.under or f.lo < 0 or f.hi > m - 1 or add(E, found.F, -m) != f.P:
        raise Unsound("not shown to be the quotient")
    return found


class Floors:
    """The quotients met so far.  `balanced` brings signs and numbers to the form in which lanes meet."""

    def __init__(self, kernel: Kernel, ranges: Ranges, *, balanced: bool) -> None:
        self.kernel, self.ranges, self.balanced = kernel, ranges, balanced
        self._known: dict[tuple[int, frozenset[tuple[tuple[int, ...], int]]], Floor] = {}
        #: Quotients by the form in which all quotients inside are merged; for being equal only.
        self._merged: dict[tuple[int, frozenset[tuple[tuple[int, ...], int]]], Floor] = {}

    def floor(self, E: Polynomial, m: int, name: str = "q") -> Floor:
        """floor(E / m) for m >= 1."""
        if m == 1:
            return Floor(E, self.kernel.derive({}))
        return is_floor(E, m, self._floor(E, m, name, True))

    # -- the search ---------------------------------------------------------------------------------

    def _floor(self, E: Polynomial, m: int, name: str, whole: bool) -> Floor:
        kernel = self.kernel
        E0, m0 = E, m
        steps: list[_Step] = []
        while True:
            E, step = self._pulled(E, m, balance_constants=self.balanced)
            if step is not None:
                steps.append(step)
            if not E or (len(E) == 1 and ONE in E):
                v = constant_term(E) // m
                return self._up(steps, Floor(const(v), kernel.derive(add(E, const(v), -m))))
            g = content(E, m)
            if g > 1:
                E, m, step = self._without_factor(E, m, g)
                steps.append(step)
                if m == 1:
                    return self._up(steps, Floor(E, kernel.derive({})))
                continue
            low = self._without_low_part(E, m)
            if low is not None:
                E, step = low
                steps.append(step)
                continue
            top = max(mo for mo in E if mo)
            if E[top] < 0:
                E, step = self._turned(E, m)
                steps.append(step)
                continue
            if len(E) <= 2 and len(top) == 1 and E[top] == 1 and (len(E) == 1 or ONE in E):
                x = kernel.atoms[top[0]]
                # Of two values, the argument itself tells the quotient: no need to look inside.
                if x.E is not None and x.m > 1 and x.hi > x.lo + 1:
                    E, m, step = self._merged_with(E, m, top[0], 1)
                    steps.append(step)
                    continue
            break
        key = (m, frozenset(E.items()))
        found = self._known.get(key)
        if found is None:
            if whole and steps and any(any(mo for mo in s.A) for s in steps):
                # Where the whole does not wrap, this quotient is what was pulled out of it.
                constant = self._constant(E0, m0, None)
                if constant is not None:
                    inner = self._down(steps, constant)
                    self._known[key] = inner
                    return constant
            found = self._new(E, m, name)
            self._known[key] = found
        return self._up(steps, found)

    def _new(self, E: Polynomial, m: int, name: str) -> Floor:
        """A quotient in its last form."""
        kernel = self.kernel
        r = self.ranges.bound(E, want=lambda lo, hi: lo // m == hi // m)
        if self.balanced and r.hi // m == r.lo // m + 1 and r.hi > r.lo + 1:
            # One of two values: floor(E / m) = v + floor((E - m*v) / m), and of that only the sign matters.
            v = r.hi // m
            E1 = add(E, const(-m * v))
            found = self._by_sign(E1, m, self.kernel.derive(E1, [(1, r)]), name)
            return Floor(add(found.F, const(v)), found.fact)
        if r.lo < 0 and m & (m - 1) == 0:
            # Only the sign matters: it is the same for every modulus that is large enough.
            n = 1
            while r.lo < -n or r.hi >= n:
                n *= 2
            if n < m:
                return self._shrunk(E, m, n, r, self._floor(E, n, name, False))
        constant = self._constant(E, m, r)
        if constant is not None:
            return constant
        if r.hi == r.lo + 1:
            # Two values, told apart by the argument itself.
            F = add(E, const(r.lo // m - r.lo))
            return Floor(F, kernel.derive(add(E, F, -m), [(1 - m, r)]))
        merged = self._all_merged(E, m)
        if merged is not None:
            steps, K, M = merged
            key = (M, frozenset(K.items()))
            same = self._merged.get(key)
            if same is not None:
                return self._up(steps, same)
        a = kernel.quotient(name, r, m)
        F = {(a,): 1}
        found = Floor(F, kernel.derive(add(E, F, -m), [(1, a)]))
        if merged is not None:
            self._merged[key] = self._down(steps, found)
        return found

    def _constant(self, E: Polynomial, m: int, r: Fact | None) -> Floor | None:
        """floor(E / m) where the range decides it."""
        r = self.ranges.bound(E, want=lambda lo, hi: lo // m == hi // m) if r is None else r
        v = r.lo // m
        if r.hi // m != v:
            return None
        return Floor(const(v), self.kernel.derive(add(E, const(v), -m), [(1, r)]))

    def _all_merged(self, E: Polynomial, m: int) -> tuple[list[_Step], Polynomial, int] | None:
        """The steps to the form in which every quotient of coefficient 1 or -1 is merged; None where there is none.

        There may be nothing to merge, and no step: such a quotient is what others become.
        """
        kernel = self.kernel
        steps: list[_Step] = []
        for _ in range(24):
            E, step = self._pulled(E, m, balance_constants=False)
            if step is not None:
                steps.append(step)
            if not any(E):
                return None
            g = content(E, m)
            if g > 1:
                E, m, step = self._without_factor(E, m, g)
                steps.append(step)
                if m == 1:
                    return None
                continue
            low = self._without_low_part(E, m)
            if low is not None:
                E, step = low
                steps.append(step)
                continue
            inner = [
                mo[0]
                for mo, c in E.items()
                if len(mo) == 1 and abs(c) == 1 and kernel.atoms[mo[0]].E is not None and kernel.atoms[mo[0]].m > 1
            ]
            if inner and m.bit_length() < MOST_BITS:
                a = max(inner)
                E, m, step = self._merged_with(E, m, a, E[(a,)])
                steps.append(step)
                continue
            if E[max(mo for mo in E if mo)] < 0:
                E, step = self._turned(E, m)
                steps.append(step)
                continue
            return steps, E, m
        return None

    # -- going up and down --------------------------------------------------------------------------

    def _up(self, steps: list[_Step], found: Floor) -> Floor:
        F, fact = found.F, found.fact
        for step in reversed(steps):
            F = add(step.A, F, step.s) if step.A or step.s != 1 else F
            fact = step.up(F, fact)
        return Floor(F, fact)

    def _down(self, steps: list[_Step], found: Floor) -> Floor:
        F, fact = found.F, found.fact
        for step in steps:
            F = scale(add(F, step.A, -1), step.s) if step.A or step.s != 1 else F
            fact = step.down(F, fact)
        return Floor(F, fact)

    # -- the steps ----------------------------------------------------------------------------------

    def _pulled(self, E: Polynomial, m: int, *, balance_constants: bool) -> tuple[Polynomial, _Step | None]:
        """floor((m*A + R) / m) = A + floor(R / m), coefficients of R between -m/2 and m/2."""
        A: Polynomial = {}
        R: Polynomial = {}
        for mo, c in E.items():
            r = c % m
            if r > m // 2 and (mo or (balance_constants and len(E) > 1)):
                r -= m
            q = (c - r) // m
            if q:
                A[mo] = q
            if r:
                R[mo] = r
        if not A:
            return E, None
        # E - m*(A + F) and R - m*F are one polynomial.
        return R, _Step(A, 1, lambda F, fact: fact, lambda F, fact: fact)

    def _without_factor(self, E: Polynomial, m: int, g: int) -> tuple[Polynomial, int, _Step]:
        """floor((g*E' + c) / (g*m')) = floor(E' / m') for 0 <= c < g."""
        kernel = self.kernel
        inner = {mo: c // g for mo, c in E.items() if c // g}
        m1 = m // g
        return (
            inner,
            m1,
            _Step(
                {},
                1,
                lambda F, fact: kernel.derive(add(E, F, -m), [(g, fact)]),
                lambda F, fact: kernel.derive(add(inner, F, -m1), [(1, fact)], divisor=g),
            ),
        )

    def _without_low_part(self, E: Polynomial, m: int) -> tuple[Polynomial, _Step] | None:
        """floor((g*X + L) / m) = floor((g*X + k*g) / m) for k*g <= L < (k + 1)*g and g dividing m: no carry."""
        units = sorted({c & -c for mo, c in E.items() if mo and not m % (c & -c)})
        for g in units[1:]:
            low = {mo: c for mo, c in E.items() if mo and (c & -c) < g}
            if not low or len(low) == len(E) - (ONE in E):
                continue
            c = constant_term(E)
            lo, hi = self.kernel.bounds(low)
            lo, hi = lo + c % g, hi + c % g
            if lo // g == hi // g:
                return self._low_part_left_out(E, m, g, low, c - c % g + lo // g * g)
        return None

    def _low_part_left_out(
        self, E: Polynomial, m: int, g: int, low: Polynomial, number: int
    ) -> tuple[Polynomial, _Step]:
        kernel = self.kernel
        inner = {mo: k for mo, k in E.items() if mo and mo not in low}
        if number:
            inner[ONE] = number

        def part(F: Polynomial, fact: Fact) -> Fact:
            # (inner - m*F) / g is an integer.
            whole = {mo: c // g for mo, c in add(inner, F, -m).items()}
            return kernel.derive(whole, [(1, fact)], divisor=g)

        return inner, _Step(
            {},
            1,
            lambda F, fact: kernel.derive(add(E, F, -m), [(g, part(F, fact))]),
            lambda F, fact: kernel.derive(add(inner, F, -m), [(g, part(F, fact))]),
        )

    def _turned(self, E: Polynomial, m: int) -> tuple[Polynomial, _Step]:
        """floor(E / m) = -1 - floor((-E - 1) / m)."""
        kernel = self.kernel
        inner = add(scale(E, -1), const(-1))
        return inner, _Step(
            const(-1),
            -1,
            lambda F, fact: kernel.derive(add(E, F, -m), [(-1, fact)]),
            lambda F, fact: kernel.derive(add(inner, F, -m), [(-1, fact)]),
        )

    def _merged_with(self, E: Polynomial, m: int, a: int, k: int) -> tuple[Polynomial, int, _Step]:
        """floor((q + X) / m) = floor((D + n*X) / (n*m)) for q = floor(D / n); for -q with (n*X + n - 1 - D)."""
        kernel = self.kernel
        x = kernel.atoms[a]
        assert x.E is not None
        assert k in (1, -1)
        n = x.m
        X = add(E, {(a,): 1}, -k)
        inner = add(scale(X, n), x.E) if k == 1 else add(add(scale(X, n), const(n - 1)), x.E, -1)
        up: list[Summand] = [(-k, a)]
        down: list[Summand] = [(k, a)]
        return (
            inner,
            m * n,
            _Step(
                {},
                1,
                lambda F, fact: kernel.derive(add(E, F, -m), [(1, fact), *up], divisor=n),
                lambda F, fact: kernel.derive(add(inner, F, -m * n), [(n, fact), *down]),
            ),
        )

    # -- signs ----------------------------------------------------------------------------------------

    def _two_cases(self, F: Polynomial, of: Fact, show: Callable[[Fact], Fact]) -> Fact:
        """A fact shown for F = -1 and for F = 0; `of` says that F is one of them."""
        kernel = self.kernel
        if of.lo < -1 or of.hi > 0:
            raise Unsound("a sign that is neither")
        if of.equation:
            return show(of)
        below, above = kernel.suppose(F, None, -1), kernel.suppose(F, 0, None)
        facts = [show(kernel.meet(s, of)) for s in (below, above)]
        return kernel.cases(facts[0].P, facts, [next(iter(s.under)) for s in (below, above)])

    def _shrunk(self, E: Polynomial, m: int, n: int, r: Fact, found: Floor) -> Floor:
        """floor(E / m) = floor(E / n) for -n <= E < n, n < m."""
        kernel, F = self.kernel, found.F
        sign = kernel.derive(F, [(1, r), (-1, found.fact)], divisor=n)
        P = add(E, F, -m)
        return Floor(F, self._two_cases(F, sign, lambda s: kernel.derive(P, [(1, found.fact), (n - m, s)])))

    def _by_sign(self, E: Polynomial, m: int, r: Fact, name: str) -> Floor:
        """floor(E / m) for -m <= E < m by a polynomial that is negative exactly where E is, the same for each m."""
        kernel = self.kernel
        S, back = self._sign_form(E)
        of = self.ranges.bound(S)
        n = 1
        while of.lo < -n or of.hi >= n:
            n *= 2
        found = self._sign(S, n, of, name)
        F = found.F
        sign = kernel.derive(F, [(1, of), (-1, found.fact)], divisor=n)
        P = add(E, F, -m)

        def show(s: Fact) -> Fact:
            fact = kernel.meet(kernel.derive(S, [(1, found.fact), (n, s)]), of)
            for go in reversed(back):
                fact = go(fact)
            return kernel.derive(P, [(1, kernel.meet(fact, r)), (-m, s)])

        return Floor(F, self._two_cases(F, sign, show))

    def _sign(self, S: Polynomial, n: int, of: Fact, name: str) -> Floor:
        """floor(S / n) for -n <= S < n, as an atom of its own, the leading coefficient of S made positive."""
        kernel = self.kernel
        if of.lo >= 0 or of.hi < 0:
            v = 0 if of.lo >= 0 else -1
            return Floor(const(v), kernel.derive(add(S, const(v), -n), [(1, of)]))
        if n == 1:
            return Floor(S, kernel.derive({}))
        step = None
        inner = S
        if S[max(mo for mo in S if mo)] < 0:
            inner, step = self._turned(S, n)
        key = (n, frozenset(inner.items()))
        found = self._known.get(key)
        if found is None:
            a = kernel.quotient(name, kernel.derive(inner, [(1 if step is None else -1, of)]), n)
            found = self._known[key] = Floor({(a,): 1}, kernel.derive(add(inner, {(a,): 1}, -n), [(1, a)]))
        return found if step is None else self._up([step], found)

    def _sign_form(self, R: Polynomial) -> tuple[Polynomial, list[Callable[[Fact], Fact]]]:
        """A polynomial that is negative exactly where R is, without common factors and quotients of coefficient 1.

        With it, for each step, how bounds of what it gives go back to what it was given.
        """
        kernel = self.kernel
        back: list[Callable[[Fact], Fact]] = []
        for _ in range(30):
            g = content(R)
            if g > 1:
                before = R
                R = {mo: c // g for mo, c in R.items() if c // g}
                back.append(lambda f, P=before, g=g: kernel.derive(P, [(g, f)]))  # type: ignore[misc]
            used = {a for mo in R if len(mo) > 1 for a in mo}
            inner = [
                mo[0]
                for mo, c in R.items()
                if len(mo) == 1
                and abs(c) == 1
                and kernel.atoms[mo[0]].E is not None
                and kernel.atoms[mo[0]].m > 1
                and mo[0] not in used
            ]
            if not inner:
                break
            a = max(inner)
            x = kernel.atoms[a]
            assert x.E is not None
            k, before = R[(a,)], R
            rest = scale(add(R, {(a,): 1}, -k), x.m)
            R = add(rest, x.E) if k == 1 else add(add(rest, const(x.m - 1)), x.E, -1)
            back.append(
                lambda f, P=before, k=k, a=a, n=x.m: kernel.derive(P, [(1, f), (-k, a)], divisor=n)  # type: ignore[misc]
            )
        return R, back
