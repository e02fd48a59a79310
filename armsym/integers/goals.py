"""Looking for a proof that a polynomial is a multiple of a number, or lies within bounds.

What a final subtraction chose is a bit that multiplies something: both values are followed, and what each says of
whole numbers (T >= p, T < p) comes from lifting the bit's definition through the chain of borrows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import gcd

from armsym.integers.farkas import bounded_below
from armsym.integers.kernel import Cofactor, Fact, Kernel, Multiple, Spent, Supposition
from armsym.integers.polynomial import ONE, Polynomial, add, atoms_of, const, content, scale
from armsym.integers.rewriting import rewrite, zero_less
from armsym.integers.translate import Translator

__all__ = ["Goal", "Goals"]

#: So many bits that only occur inside quotients are told apart, one within the other.
MOST_DEPTH = 6

#: How many monomials may be handled for one goal: about half a minute.
MOST_WORK = 30_000_000

#: Of what is made of at most so many unknowns their ends are looked at by themselves.
FEW_UNKNOWNS = 2

#: What lies so near to 0 may be shown to be 0 by multipliers.
NEAR = 4

#: Of how many quotients in a goal it is asked what the facts say.
MOST_NARROWED = 16

#: In a sum of at most so many monomials quotients are compared.
SHORT = 12

#: What has at most one more value than this is a quotient of few values.
FEW = 4

#: Quotients of no more values than this are compared with one another.
SOME = 100

#: How many cases a goal may take.
MOST_CASES = 200


@dataclass(frozen=True)
class Goal:
    """To be a multiple of `modulus`; or, if that is 0, to lie between lo and hi (None: no bound)."""

    modulus: int = 0
    lo: int | None = None
    hi: int | None = None

    def met(self, lo: int, hi: int) -> bool:
        """Whether these bounds lie within the goal's."""
        return (self.lo is None or self.lo <= lo) and (self.hi is None or hi <= self.hi)


Shown = Fact | Multiple

#: A polynomial, and the number of which it may be a multiple.
Hint = tuple[Polynomial, int]


class _Equal:
    """What some atoms are equal to, and what of quotients that are made of them then becomes."""

    def __init__(self, t: Translator, equal: Mapping[int, tuple[Polynomial, Fact]], *, keep_names: bool) -> None:
        """By atom: a polynomial, and the fact that the atom less it is 0.

        With `keep_names` what a name stands for gets a name again, for which no supposition may be needed.
        """
        self._t, self._a, self._equal, self._keep_names = t, min(equal), dict(equal), keep_names
        self._depends = dict.fromkeys(equal, True)

    def _made_of(self, a: int) -> bool:
        known = self._depends.get(a)
        if known is None:
            E = self._t.kernel.atoms[a].E
            known = self._depends[a] = E is not None and any(self._made_of(b) for m in E for b in m if b >= self._a)
        return known

    def put(self, P: Polynomial) -> tuple[Polynomial, list[Cofactor]]:
        """P with the value put in, also inside quotients; with the cofactors that show it."""
        for a in sorted(atoms_of([P])):
            if a not in self._equal and self._made_of(a):
                self._equal[a] = self._within(a)
        return rewrite(self._t.kernel, P, {a: e for a, e in self._equal.items() if e is not None})

    def _within(self, a: int) -> tuple[Polynomial, Fact]:
        kernel = self._t.kernel
        x = kernel.atoms[a]
        assert x.E is not None
        E, cofactors = self.put(x.E)
        if self._keep_names and x.m == 1:
            # What it stands for is what it stood for, so it has the same bounds.
            of = kernel.derive(E, [(1, a)], [(scale(q, -1), zero) for q, zero in cofactors])
            b = self._t.name(x.name, E, of)
            if a in self._t.ranges.closed:
                self._t.ranges.closed.add(b)
            return {(b,): 1}, kernel.derive({(a,): 1, (b,): -1}, [(-1, a), (1, b)], cofactors)
        found = self._t.floors.floor(E, x.m, x.name)
        # E0 - m*F = (E - m*F) + what was put in
        fact = kernel.derive(add(x.E, found.F, -x.m), [(1, found.fact)], cofactors)
        return found.F, zero_less(kernel, a, found.F, fact)

    def fact(self, f: Fact) -> Fact:
        """A fact with the value put in."""
        P, cofactors = self.put(f.P)
        if not cofactors:
            return f
        g = self._t.kernel.derive(P, [(1, f)], [(scale(q, -1), zero) for q, zero in cofactors])
        # Of a number both are known, what it is and its bounds: where these do not go together there is no such case.
        return g if any(P) else self._t.kernel.meet(g, self._t.kernel.derive(P))


class _Case(_Equal):
    """An atom having a value."""

    def __init__(self, t: Translator, a: int, v: int) -> None:
        self.supposed = t.kernel.suppose({(a,): 1}, v, v)
        zero = t.kernel.derive({(a,): 1, ONE: -v} if v else {(a,): 1}, [(1, self.supposed)])
        super().__init__(t, {a: (const(v), zero)}, keep_names=False)

    @property
    def supposition(self) -> Supposition:
        """What is taken for granted."""
        return next(iter(self.supposed.under))


class Goals:
    """The search, under facts that hold."""

    def __init__(self, translator: Translator, facts: Sequence[Fact] = ()) -> None:
        self._t, self._facts = translator, list(facts)
        self._kernel: Kernel = translator.kernel
        self._cases: dict[tuple[int, int], _Case] = {}
        #: What a case made of facts, which are kept so that their identities are theirs alone.
        self._made: dict[tuple[int, ...], tuple[list[Fact], list[Fact] | Fact]] = {}
        self._residual: set[int] = set()
        self._left = MOST_CASES
        #: Whether quotients of one unknown are compared with one another.
        self._comparing = False

    def show(self, P: Polynomial, goal: Goal, hints: Sequence[Hint] = ()) -> Shown | None:
        """The fact that P meets the goal, without suppositions; None if it is not found.

        `hints` are polynomials that are multiples of a number, or so it is thought: what is left of one modulo
        that number is small, and its bounds are worth knowing.
        """
        self._left = MOST_CASES
        self._kernel.most_work = self._kernel.work + MOST_WORK
        try:
            found = self._of_few_quotients(P, goal) or self._show(P, goal, self._facts, list(hints), 0)
        except Spent:
            return None
        finally:
            self._kernel.most_work = None
        if found is None or found.under:
            return None
        if isinstance(found, Multiple):
            return found if found.P == P and found.modulus == goal.modulus else None
        return found if found.P == P and not goal.modulus and goal.met(found.lo, found.hi) else None

    # -- the search ---------------------------------------------------------------------------------

    def _show(self, P: Polynomial, goal: Goal, facts: list[Fact], hints: list[Hint], depth: int) -> Shown | None:
        bits = self._bits_in_products([P])
        if bits:
            return self._by_cases(P, goal, facts, hints, max(bits), depth)
        if self._comparing:
            hidden = self._hidden([P, *(f.P for f in facts)])
            if hidden and depth < MOST_DEPTH:
                return self._by_cases(P, goal, facts, hints, max(hidden), depth + 1)
            return self._compared(P, goal, facts, depth)
        self._residual = set()
        found = self._multiple(P, goal.modulus, facts) if goal.modulus else self._within(P, goal, facts, hints)
        if found is not None or depth >= MOST_DEPTH:
            return found
        hidden = self._hidden([P, *(f.P for f in facts)])
        if not hidden and not self._residual:
            found = None if goal.modulus else self._at_an_end(P, goal, facts, hints)
            # At last an unknown that is a bit: a word of which that was said.
            if found is not None or goal.modulus:
                return found
            unknown = self._unknown_bits([P]) or self._unknown_bits(f.P for f in facts)
            if not unknown:
                return None
            return self._by_cases(P, goal, facts, hints, max(unknown), depth + 1)
        # What is left may hang on a bit within it: the first one, for then what is made of it is another.
        a = max(hidden) if hidden else min(self._with_inner(self._residual))
        return self._by_cases(P, goal, facts, hints, a, depth + 1)

    def _by_cases(
        self, P: Polynomial, goal: Goal, facts: list[Fact], hints: list[Hint], a: int, depth: int
    ) -> Shown | None:
        kernel, x = self._kernel, self._kernel.atoms[a]
        shown: list[Shown] = []
        on: list[Supposition] = []
        for v in range(x.lo, x.hi + 1):
            self._left -= 1
            if self._left < 0:
                return None
            case = self._case(a, v)
            on.append(case.supposition)
            key = (a, v, *map(id, facts))
            if key not in self._made:
                self._made[key] = facts, self._facts_of(case, a, v, facts)
            known = self._made[key][1]
            if isinstance(known, Fact):
                shown.append(known)
                continue
            Q, cofactors = case.put(P)
            found = self._show(Q, goal, known, [(case.put(D)[0], p) for D, p in hints], depth)
            if found is None:
                return None
            if isinstance(found, Multiple):
                shown.append(kernel.transfer(found, P, cofactors))
            else:
                shown.append(kernel.derive(P, [(1, found)], cofactors))
        if goal.modulus:
            return kernel.multiple_by_cases(P, goal.modulus, shown, on)
        return kernel.cases(P, [f for f in shown if isinstance(f, Fact)], on)

    def _at_an_end(self, P: Polynomial, goal: Goal, facts: list[Fact], hints: list[Hint]) -> Fact | None:
        """A goal that is missed by what only one end of an unknown could reach: there it is looked at by itself."""
        kernel = self._kernel
        unknowns = self._unknowns(P)
        if len(unknowns) > FEW_UNKNOWNS:
            return None
        for a in unknowns:
            x = kernel.atoms[a]
            for v, lo, hi in ((x.lo, x.lo + 1, None), (x.hi, None, x.hi - 1)):
                if any({(a,): 1} == f.P and (f.lo > x.lo or f.hi < x.hi) for f in facts):
                    continue  # it is one of two cases already
                rest = kernel.suppose({(a,): 1}, lo, hi)
                beside = self._within(P, goal, [rest, *facts], hints)
                if beside is None:
                    continue
                case = self._case(a, v)
                known = self._facts_of(case, a, v, facts)
                if isinstance(known, Fact):
                    there: Fact = known
                else:
                    Q, cofactors = case.put(P)
                    found = self._within(Q, goal, known, [])
                    if found is None:
                        continue
                    there = kernel.derive(P, [(1, found)], cofactors)
                return kernel.cases(P, [there, beside], [case.supposition, next(iter(rest.under))])
        return None

    # -- quotients of one unknown ---------------------------------------------------------------------

    def _of_few_quotients(self, P: Polynomial, goal: Goal) -> Shown | None:
        """A range of quotients of one unknown times a bit of which nothing is known, a choice of the input.

        Those that are equal everywhere are put in place of one another first; then bits are told apart.
        """
        if goal.modulus or not self.unknown_bits(P):
            return None
        equal = self._equal_quotients(P, self._facts, ends=True)
        Q, cofactors = (P, []) if equal is None else equal.put(P)
        self._comparing = True
        try:
            found = self._show(Q, goal, self._facts, [], 0)
        finally:
            self._comparing = False
        return self._kernel.derive(P, [(1, found)], cofactors) if isinstance(found, Fact) else None

    def _compared(self, P: Polynomial, goal: Goal, facts: list[Fact], depth: int) -> Shown | None:
        bits = self.unknown_bits(P)
        if bits:
            return self._by_cases(P, goal, facts, [], max(bits), depth)
        more = [*self._of_names(facts), *facts]
        equal = self._equal_quotients(P, more)
        found: Fact | None
        if equal is None:
            found = self._by_bounds(P, goal, more)
        else:
            Q, cofactors = equal.put(P)
            known = [equal.fact(f) for f in more]
            found = next((f for f in known if f.impossible), None) or self._by_bounds(Q, goal, known)
            found = None if found is None else self._kernel.derive(P, [(1, found)], cofactors)
        found = found or self._no_such_case(facts)
        # A bit of which facts speak only.
        bits = {a for f in facts for a in atoms_of([f.P]) if self._is_choice(a)}
        if found is None and bits and depth < MOST_DEPTH:
            return self._by_cases(P, goal, facts, [], max(bits), depth + 1)
        return found

    def _by_bounds(self, P: Polynomial, goal: Goal, facts: list[Fact]) -> Fact | None:
        """As `_within`, without multipliers of all facts at once: there are many such goals."""
        f = self._bounds(P, facts, goal)
        if not goal.met(f.lo, f.hi):
            f = self._kernel.meet(f, self._bounds(P, [*self._narrower([P], facts), *facts], goal))
        return f if goal.met(f.lo, f.hi) else None

    def _no_such_case(self, facts: list[Fact]) -> Fact | None:
        """Facts that exclude each other: what one of them says lies beyond the bounds that others give it."""
        for k, f in enumerate(facts):
            if any(f.P):
                others = [*facts[:k], *facts[k + 1 :]]
                of = self._t.ranges.bound(f.P, lambda lo, hi, f=f: lo > f.hi or hi < f.lo, others)  # type: ignore[misc]
                g = self._kernel.meet(f, of)
                if g.impossible:
                    return g
        return None

    def unknown_bits(self, P: Polynomial) -> set[int]:
        """The unknowns in products that are 0 or 1: choices of the input."""
        atoms = self._kernel.atoms
        return {a for m in P if len(m) > 1 for a in m if atoms[a].E is None and self._kernel.is_bit(a)}

    def _of_names(self, facts: list[Fact]) -> list[Fact]:
        """What facts say of what names stand for."""
        kernel, found = self._kernel, []
        for f in facts:
            names = [m for m in f.P if len(m) == 1 and kernel.atoms[m[0]].m == 1]
            if len(names) == 1:
                (a,), c = names[0], f.P[names[0]]
                E = kernel.atoms[a].E
                assert E is not None
                found.append(kernel.derive(add(add(f.P, {(a,): -c}), E, c), [(1, f), (c, a)]))
        return found

    def _equal_quotients(self, P: Polynomial, facts: list[Fact], *, ends: bool = False) -> _Equal | None:
        """Quotients of one unknown that are what another is, or its opposite, but for a number."""
        kernel, atoms = self._kernel, self._kernel.atoms
        inner: set[int] = set()
        todo = list(atoms_of([P]))
        while todo:
            a = todo.pop()
            E = atoms[a].E
            if a not in inner and E is not None:
                inner.add(a)
                todo += [b for m in E for b in m]
        among = [a for a in sorted(inner) if atoms[a].m > 1 and FEW < atoms[a].hi - atoms[a].lo <= SOME]
        among = [a for a in among if len(self._unknowns({(a,): 1})) == 1]
        equal: dict[int, tuple[Polynomial, Fact]] = {}
        for k, b in enumerate(among):
            for a in among[:k]:
                f = None if a in equal else self._same_but_for_a_number(a, b, facts, ends)
                if f is not None:
                    value = add(const(f.lo), {(a,): -f.P[a,]})
                    # The later one less what it is equal to is f.P less its bound.
                    equal[b] = value, kernel.derive(add({(b,): 1}, value, -1), [(1, f)])
                    break
        for b in among if not ends else ():
            known = self._bounds({(b,): 1}, facts, Goal(lo=1, hi=0))
            if b not in equal and known.lo == known.hi:
                value = const(known.lo)
                equal[b] = value, kernel.derive(add({(b,): 1}, value, -1), [(1, known)])
        return _Equal(self._t, equal, keep_names=ends) if equal else None

    def _same_but_for_a_number(self, a: int, b: int, facts: list[Fact], ends: bool) -> Fact | None:
        """The fact that the sum or the difference of two quotients is one number."""
        for sign in (1, -1):
            X: Polynomial = {(a,): sign, (b,): 1}
            f: Fact | None = self._bounds(X, facts, Goal(lo=1, hi=0))
            assert f is not None
            if ends and f.hi == f.lo + 1:
                f = next((g for v in (f.lo, f.hi) if (g := self._at_an_end(X, Goal(lo=v, hi=v), facts, []))), None)
            if f is not None and f.lo == f.hi:
                return f
        return None

    def _unknowns(self, P: Polynomial) -> list[int]:
        """The unknowns that a polynomial is made of, also inside quotients."""
        seen: set[int] = set()
        todo = list(atoms_of([P]))
        while todo:
            a = todo.pop()
            if a not in seen:
                seen.add(a)
                E = self._kernel.atoms[a].E
                todo.extend(() if E is None else (b for m in E for b in m))
        return sorted(a for a in seen if self._kernel.atoms[a].E is None)

    def _case(self, a: int, v: int) -> _Case:
        found = self._cases.get((a, v))
        if found is None:
            found = self._cases[a, v] = _Case(self._t, a, v)
        return found

    def _facts_of(self, case: _Case, a: int, v: int, facts: list[Fact]) -> list[Fact] | Fact:
        """The facts of a case; or one that is impossible."""
        kernel = self._kernel
        known = [case.fact(f) for f in facts]
        for f in known:
            if f.impossible:
                return f
        equations, lifted = self._follows(case, a, v)
        for f in (case.fact(f) for f in equations):
            if f.impossible:
                return f
            if any(f.P):
                known.append(f)
        # The most merged form first: what it says helps the others.
        for f in reversed(lifted):
            g = case.fact(f)
            g = kernel.meet(g, self._t.ranges.bound(g.P, facts=known))
            if g.impossible:
                return g
            if any(g.P):
                known.append(g)
        return known

    def _follows(self, case: _Case, a: int, v: int) -> tuple[list[Fact], list[Fact]]:
        """What an atom's definition says where it has a value: equations, and bounds lifted through its quotients."""
        kernel, x, h = self._kernel, self._kernel.atoms[a], case.supposed
        if x.E is None:
            return [], []
        G = add(x.E, const(-x.m * v))
        zero = kernel.derive(G, [(1, a), (x.m, h)])
        if x.m == 1:
            tops = [m for m in G if len(m) == 1 and abs(G[m]) == 1]
            if not tops:
                return [zero], []
            if G[max(tops)] < 0:
                G = scale(G, -1)
            at_least = kernel.derive(G, [(1 if G == zero.P else -1, zero)])
            below = kernel.derive(add(G, const(-1)), [(1, at_least)])
            return [zero], [*self._lifts(at_least)[1:], *self._lifts(below)[1:]]
        H = add(x.E, const(-x.m * (v + 1)))
        below = kernel.derive(H, [(1, zero)])
        return [], [*self._lifts(zero), *self._lifts(below)]

    def _lifts(self, f: Fact) -> list[Fact]:
        """X >= 0, or X <= -1, with the latest quotient q of coefficient 1 merged, again and again."""
        kernel = self._kernel
        out = [f]
        for _ in range(40):
            X = out[-1].P
            merged = [
                m[0]
                for m, c in X.items()
                if len(m) == 1 and c == 1 and kernel.atoms[m[0]].E is not None and kernel.atoms[m[0]].m > 1
            ]
            if not merged:
                break
            a = max(merged)
            x = kernel.atoms[a]
            assert x.E is not None
            # n*(q + Y) + (E - n*q) = E + n*Y
            Y = add(scale(add(X, {(a,): -1}), x.m), x.E)
            out.append(kernel.derive(Y, [(x.m, out[-1]), (1, a)]))
        return out

    def _is_choice(self, a: int) -> bool:
        return self._kernel.is_bit(a) and self._kernel.atoms[a].E is not None

    def _unknown_bits(self, polynomials: Iterable[Polynomial]) -> set[int]:
        """The unknowns that are 0 or 1."""
        atoms = self._kernel.atoms
        return {a for P in polynomials for m in P for a in m if atoms[a].E is None and self._kernel.is_bit(a)}

    def _with_inner(self, bits: set[int]) -> set[int]:
        """With the bits in their definitions."""
        atoms = self._kernel.atoms
        return bits | {b for a in bits for m in atoms[a].E or {} for b in m if self._is_choice(b)}

    def _bits_in_products(self, polynomials: Iterable[Polynomial]) -> set[int]:
        return {a for P in polynomials for m in P if len(m) > 1 for a in m if self._is_choice(a)}

    def _hidden(self, polynomials: Sequence[Polynomial]) -> set[int]:
        """The bits in products, also of what is inside quotients."""
        atoms = self._kernel.atoms
        out = self._bits_in_products(polynomials)
        seen: set[int] = set()
        todo = list(atoms_of(polynomials))
        while todo:
            a = todo.pop()
            if a in seen:
                continue
            seen.add(a)
            E = atoms[a].E
            if E is not None:
                out |= self._bits_in_products([E])
                todo.extend(b for m in E for b in m)
        return out

    # -- goals ----------------------------------------------------------------------------------------

    def _within(self, P: Polynomial, goal: Goal, facts: list[Fact], hints: list[Hint]) -> Fact | None:
        f = self._bounds(P, facts, goal)
        if goal.met(f.lo, f.hi):
            return f
        self._residual |= {a for m in P for a in m if self._is_choice(a)}
        narrower = [self._bounds(X, facts, Goal(lo=0, hi=0)) for D, p in hints for _, X in _residues(D, p, 1)]
        narrower += self._narrower([P, *(g.P for g in facts)], facts) + self._one_number_apart(P, facts)
        if narrower:
            facts = [*narrower, *facts]
            f = self._kernel.meet(f, self._bounds(P, facts, goal))
        return self._combined(P, goal, facts, f)

    def _narrower(self, polynomials: Sequence[Polynomial], facts: list[Fact]) -> list[Fact]:
        """Of quotients of few values, what the facts say beyond their own bounds: rounded, that may be one number."""
        atoms = self._kernel.atoms
        few = {
            m[0]
            for P in polynomials
            for m in P
            if len(m) == 1 and atoms[m[0]].E is not None and 0 < atoms[m[0]].hi - atoms[m[0]].lo <= FEW
        }
        found: list[Fact] = []
        for a in sorted(few, reverse=True)[:MOST_NARROWED]:
            x = atoms[a]
            f = self._t.ranges.bound({(a,): 1}, want=lambda lo, hi: lo >= hi, facts=[*found, *facts])
            if f.lo > x.lo or f.hi < x.hi:
                found.append(f)
        return found

    def _one_number_apart(self, P: Polynomial, facts: list[Fact]) -> list[Fact]:
        """The latest quotient of a short sum less others of it, where that is one number."""
        atoms = self._kernel.atoms
        wide = sorted(m[0] for m in P if len(m) == 1 and atoms[m[0]].m > 1 and atoms[m[0]].hi - atoms[m[0]].lo > FEW)
        if len(P) > SHORT or len(wide) < 2:
            return []
        found = []
        for a in wide[:-1]:
            f = self._t.ranges.bound({(wide[-1],): 1, (a,): -1}, want=lambda lo, hi: lo >= hi, facts=facts)
            if f.lo == f.hi:
                found.append(f)
        return found

    def _combined(self, P: Polynomial, goal: Goal, facts: list[Fact], known: Fact) -> Fact | None:
        """The goal by multipliers of all facts at once."""
        kernel = self._kernel
        if goal.lo is not None and known.lo < goal.lo:
            f = bounded_below(kernel, P, goal.lo, facts)
            if f is None or f.lo < goal.lo:
                return None
            known = kernel.meet(known, f)
        if goal.hi is not None and known.hi > goal.hi:
            f = bounded_below(kernel, scale(P, -1), -goal.hi, facts)
            if f is None or f.lo < -goal.hi:
                return None
            known = kernel.meet(known, kernel.derive(P, [(-1, f)]))
        return known if goal.met(known.lo, known.hi) else None

    def _multiple(self, P: Polynomial, p: int, facts: list[Fact]) -> Multiple | None:
        """Coefficient by coefficient; or since what is left is a number times something that is 0."""
        kernel = self._kernel
        found = kernel.multiple(P, p)
        if found is not None:
            return found
        zero = self._small_residue(P, p, facts, Goal(lo=0, hi=0))
        if zero is None:
            narrower = self._narrower([P, *(g.P for g in facts)], facts)
            zero = self._small_residue(P, p, [*narrower, *facts], Goal(lo=0, hi=0)) if narrower else None
        if zero is None:
            return None
        k, f = zero
        return kernel.multiple(P, p, [(const(k), f)])

    def _small_residue(self, P: Polynomial, p: int, facts: list[Fact], zero: Goal) -> tuple[int, Fact] | None:
        """(k, fact) with P = k * X modulo p, and the fact that X = 0."""
        for k, X in _residues(P, p, 6):
            if len(X) <= 8:
                self._residual |= {a for mo in X for a in mo if self._is_choice(a)}
            f: Fact | None = self._bounds(X, facts, zero)
            if f is not None and not zero.met(f.lo, f.hi) and f.lo >= -NEAR and f.hi <= NEAR:
                f = self._combined(X, zero, facts, f)
            if f is not None and f.lo == f.hi == 0:
                return k, f
        return None

    def _by_extreme(self, P: Polynomial, f: Fact, best: Fact) -> Fact:
        """Better bounds from a sum of positive terms that is at its least: so each of them is.

        P - k * f.P rises with each of its terms for a small k, and falls for a large one.
        """
        kernel = self._kernel
        least, _ = kernel.bounds(f.P)
        if f.hi != least or not any(f.P) or any(c < 0 for m, c in f.P.items() if m):
            return best
        if any(m not in f.P for m in P if m):
            return best
        at_least = kernel.meet(f, kernel.derive(f.P))
        ratios = [P.get(m, 0) // c for m, c in f.P.items() if m]
        for k in {min(ratios), max(ratios) + 1} - {0}:
            best = kernel.meet(best, kernel.derive(P, [(k, at_least)]))
        return best

    def _bounds(self, P: Polynomial, facts: list[Fact], goal: Goal) -> Fact:
        """Bounds; with an equation among the facts, what is left may be a multiple of something."""
        kernel, ranges = self._kernel, self._t.ranges
        best = ranges.bound(P, want=goal.met, facts=facts)
        for f in facts:
            if best.lo >= best.hi or goal.met(best.lo, best.hi):
                break
            best = self._by_extreme(P, f, best)
        for zero in facts:
            if not zero.equation or best.lo >= best.hi or goal.met(best.lo, best.hi):
                continue
            for m in sorted(m for m, c in zero.P.items() if m and abs(c) == 1 and m in P):
                k = P[m] * zero.P[m]
                Y = add(add(P, zero.P, -k), const(zero.lo * k))
                g = content(Y)
                if g > 1:
                    # g * Z + c = Y = P - k * (zero.P - zero.lo)
                    c = Y.get(ONE, 0) % g
                    Z = {mo: d // g for mo, d in add(Y, const(-c)).items()}
                    part = kernel.derive(Z, [(1, best)], [(const(-k), zero)], divisor=g)
                    best = kernel.meet(best, kernel.derive(P, [(g, part)], [(const(k), zero)]))
        return best


def _residues(P: Polynomial, p: int, most: int) -> Iterator[tuple[int, Polynomial]]:
    """(k, X) with P = k * X modulo p: what is left, so scaled that one of the latest coefficients is 1."""
    rest = {m: d for m, c in P.items() if (d := _balanced(c, p))}
    tried = set()
    for m in sorted((m for m in rest if m), key=lambda m: (-max(m), len(m)))[:most]:
        if gcd(rest[m], p) != 1:
            continue
        inverse = pow(rest[m], -1, p)
        X = {k: d for k, c in rest.items() if (d := _balanced(c * inverse, p))}
        key = frozenset(X.items())
        if key not in tried:
            tried.add(key)
            yield rest[m], X


def _balanced(c: int, p: int) -> int:
    c %= p
    return c - p if c > p // 2 else c
