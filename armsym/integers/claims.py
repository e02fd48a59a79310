"""Proving relations of integers: one argument, made for one question, under what is known where it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb
from typing import Any

from armsym.integers.expression import FoldValue, Integer, Leaf, Part, Quotient, Relation, Word
from armsym.integers.floors import is_floor
from armsym.integers.goals import Goal, Goals, Hint
from armsym.integers.kernel import Cofactor, Contradiction, Fact, Kernel, Multiple, Spent, Unsound
from armsym.integers.polynomial import ONE, Polynomial, add, const, scale
from armsym.integers.relevance import relevant
from armsym.integers.residues import eliminated
from armsym.integers.rewriting import is_long, replaced, rewrite
from armsym.integers.translate import Lane, Translator, is_lane
from armsym.terms.node import App, Op, Term, Var
from armsym.terms.walk import below

__all__ = ["LANES", "Argument", "Shown"]

#: Signed words of these widths are lanes: what a program computes lane by lane.
LANES = frozenset({8, 16, 32})

#: Of at most so many numbers of a known range the products' ranges are derived, too.
MOST_NUMBERS = 4

#: How many monomials may be handled to say in integers what the terms are.
MOST_WORK = 200_000_000


#: A word of more bits is a number of several limbs, and may stay one unknown.
WIDEST_LIMB = 64

#: With so many monomials in the limbs of its numbers a polynomial is looked at as one in the numbers only.
MOST_IN_LIMBS = 4000

CONTRADICTION = "what is known contradicts itself: there are no such words, and of none nothing is said"
TOO_DEEP = "quotients lie too deep inside one another"


@dataclass(frozen=True)
class Shown:
    """What became of a relation; `detail` says what was not shown."""

    holds: bool
    detail: str = ""


class Argument:
    """What is known, in integers: relations that hold, and what of them may be used to bound others."""

    def __init__(
        self,
        known: Sequence[Relation],
        asked: Sequence[Relation],
        log: list[list[Any]] | None = None,
        *,
        name_factors: bool = False,
    ) -> None:
        """`known` holds wherever the question is asked; `asked` are all relations that will be."""
        leaves = {leaf for r in (*known, *asked) for leaf in r.leaves()}
        widths = frozenset(w for signed, w, _ in leaves if signed and w in LANES)
        self.kernel = Kernel(log)
        bounds = _bounds_of_leaves(known)
        lanes: dict[int, Lane] = {}
        unsigned: dict[int, tuple[int, int]] = {}
        most = _most_of_words(known)
        for leaf in leaves:
            signed, w, t = leaf
            if isinstance(t, (Var, App)) or (is_lane(t) and not signed):
                lo, hi = (-(1 << w - 1), (1 << w - 1) - 1) if signed else (0, t.pb)
                low, high = bounds.get(leaf, (None, None))
                lo, hi = lo if low is None else max(lo, low), hi if high is None else min(hi, high)
                if signed:
                    lanes[t.id] = Lane(lo, hi)
                else:
                    unsigned[t.id] = lo, min(hi, most.get(t.id, hi))
        ranges = [*((lane.lo, lane.hi) for lane in lanes.values()), *unsigned.values()]
        self._impossible = any(lo > hi for lo, hi in ranges)
        self.translator = Translator(
            self.kernel,
            lanes=lanes if widths else None,
            widths=widths,
            bounds=unsigned,
            name_factors=name_factors,
        )
        self.facts: list[Fact] = []
        self.multiples: list[Multiple] = []
        self._known, self._asked, self._names_factors = known, asked, name_factors
        #: Whether numbers of several limbs are unknowns of their own.
        self._whole = any(p[1] and _has_wide_words(p) for r in known for p in r.parts) or any(
            _in_limbs(x) > MOST_IN_LIMBS for r in asked for x, _, _, _ in r.parts
        )
        self._parts: list[list[tuple[Polynomial, int, int | None, int | None]]] = []
        self._hints: list[Hint] = []
        #: Unknowns in other words, by equations that are known.
        self._solved: dict[int, tuple[Polynomial, Fact]] = {}
        #: Searches, by the numbers of the facts they were given.
        self._goals: dict[frozenset[int], Goals] = {}

    def show(self, k: int, *, search: bool = True) -> Shown:
        """Whether the k-th of the relations asked about follows from what is known.

        Without `search` only if it shows at once: by coefficients, or by bounds.
        """
        if self._impossible:
            return Shown(False, CONTRADICTION)
        self.kernel.most_work = self.kernel.work + MOST_WORK
        try:
            self._prepare()
        except Spent:
            return Shown(False, "what the words are as integers takes too much work to say")
        except Contradiction:
            return Shown(False, CONTRADICTION)
        except RecursionError:
            return Shown(False, TOO_DEEP)
        finally:
            self.kernel.most_work = None
        try:
            return self._show(k, search)
        except Contradiction:
            return Shown(False, CONTRADICTION)
        except RecursionError:
            return Shown(False, TOO_DEEP)

    def chooses(self, k: int) -> bool:
        """Whether the k-th is about numbers of several limbs that are chosen among others, by tests of words."""
        leaves = {leaf for leaf in self._asked[k].leaves() if _is_wide(leaf)}
        return self._whole and any(isinstance(t, Op) and t.kind == "ite" for t in below(*(t for _, _, t in leaves)))

    def says_nothing(self, k: int) -> bool:
        """Whether the k-th holds whatever the words are, as far as bounds and coefficients tell at once."""
        try:
            for x, modulus, lo, hi in self._asked[k].parts:
                P = self.polynomial(x)
                f = self._by_coefficients(P, x, modulus) if modulus else self.translator.ranges.bound(P)
                if f is None or not self.kernel.shown(f, P, modulus, lo, hi):
                    return False
        except (Contradiction, RecursionError):
            return False
        return True

    def polynomial(self, x: Integer) -> Polynomial:
        """An integer in the atoms of the argument."""
        out: Polynomial = {}
        for m, c in x.terms.items():
            part = const(c)
            for leaf in m:
                part = self.kernel.mul(part, self._leaf(leaf))
            out = add(out, part)
        return out

    def _leaf(self, leaf: Leaf) -> Polynomial:
        if isinstance(leaf, Quotient):
            E = self.polynomial(leaf.of)
            return is_floor(E, leaf.m, self.translator.floors.floor(E, leaf.m)).F
        if isinstance(leaf, FoldValue):
            raise Unsound(f"{leaf} has no bounds: it is no number of an argument about words")
        signed, width, t = leaf
        if signed:
            return self.translator.signed(t, width)
        P = self.translator.value(t)
        if self._whole and width > WIDEST_LIMB and len(P) > 1:
            return {(self.translator.name("A", P, self.kernel.derive(P)),): 1}
        return P

    # -- what is known --------------------------------------------------------------------------------

    def _prepare(self) -> None:
        if self._parts:
            return
        kernel, numbers = self.kernel, []
        equal: dict[int, tuple[Polynomial, Fact]] = {}
        if self._whole:
            # A number's name has the range that is known of it: so that is said first, in the order of the program.
            for k, r in enumerate(self._known):
                for x, modulus, lo, hi in r.parts:
                    word = _of_one_leaf((x, modulus, lo, hi))
                    if word is not None and word[0][1] > WIDEST_LIMB and not word[0][0]:
                        self._name_number(k, word[0][2], lo, hi)
        for r in self._known:
            for x, modulus, lo, hi in r.parts:
                P = self.polynomial(x)
                if modulus:
                    self.multiples.append(kernel.given_multiple(P, modulus))
                    continue
                fact = self._given(P, lo, hi)
                if len(P) > 1 and any(P):
                    self.facts.append(fact)
                    self._solve(fact)
                    named = self._number(P, fact, equal)
                    if named is not None:
                        numbers.append(named)
        self.translator.ranges.equal.update({**self._solved, **equal})
        if len(numbers) <= MOST_NUMBERS:
            for (P, a), (Q, b) in combinations_with_replacement(numbers, 2):
                zero_P = kernel.derive(add(P, {(a,): 1}, -1), [(1, a)])
                zero_Q = kernel.derive(add(Q, {(b,): 1}, -1), [(1, b)])
                # P*Q = a*b + P*(Q - b) + b*(P - a)
                self.facts.append(kernel.derive(kernel.mul(P, Q), (), [(P, zero_Q), ({(b,): 1}, zero_P)]))
        parts = [[(self.polynomial(x), m, lo, hi) for x, m, lo, hi in r.parts] for r in self._asked]
        hints = [(P, m) for of in parts for P, m, _, _ in of if m]
        self._hints = hints if len(hints) <= MOST_NUMBERS else []
        self._parts = parts

    def _name_number(self, k: int, number: Term, lo: int | None, hi: int | None) -> None:
        """Give a number a name, with the bounds that the k-th of what is known says of it."""
        P = self.translator.value(number)
        self.translator.name("A", P, self._given(P, lo, hi))

    def _solve(self, zero: Fact) -> None:
        """Of an equation of products, an unknown in other words, if it has one that occurs once, by itself."""
        if not zero.equation or all(len(m) < 2 for m in zero.P):
            return
        a = self._pivot(zero.P)
        if a is not None and a not in self._solved:
            sign = zero.P[a,]
            value = add(const(zero.lo * sign), add({(a,): 1}, zero.P, -sign))
            self._solved[a] = value, self.kernel.derive(add({(a,): 1}, value, -1), [(sign, zero)])

    def _given(self, P: Polynomial, lo: int | None, hi: int | None) -> Fact:
        fact = self.kernel.given(P, lo, hi)
        if fact.impossible:
            raise Contradiction(self.kernel.text(P))
        return fact

    def _number(
        self, P: Polynomial, fact: Fact, equal: dict[int, tuple[Polynomial, Fact]]
    ) -> tuple[Polynomial, int] | None:
        """A name for a number made of unknown words; in bounds it stands for its lowest word."""
        kernel = self.kernel
        if ONE in P or any(len(m) > 1 or kernel.atoms[m[0]].E is not None for m in P):
            return None
        low = next((m[0] for m, c in P.items() if c == 1), None)
        if low is None or low in equal:
            return None
        a = self.translator.name("A", P, fact)
        value = add({(a,): 1}, add(P, {(low,): 1}, -1), -1)
        equal[low] = value, kernel.derive(add({(low,): 1}, value, -1), [(1, a)])
        return P, a

    # -- what is asked ----------------------------------------------------------------------------------

    def _show(self, k: int, search: bool) -> Shown:
        for (P, modulus, lo, hi), (x, _, _, _) in zip(self._parts[k], self._asked[k].parts, strict=True):
            shown = self._congruent(P, x, modulus, search) if modulus else self._in_range(P, lo, hi, search)
            if not shown.holds:
                return shown
        return Shown(True)

    def _is(self, f: Fact | Multiple | None, P: Polynomial, modulus: int, lo: int | None, hi: int | None) -> bool:
        return f is not None and self.kernel.shown(f, P, modulus, lo, hi)

    def _found(self, P: Polynomial, goal: Goal, hints: Sequence[Hint] = ()) -> Fact | Multiple | None:
        """What a search finds, by the facts that have to do with it, and else by all; its cases are kept for others."""
        near = relevant(self.kernel, [P], self.facts)
        for facts in [near, self.facts] if len(near) < len(self.facts) else [near]:
            found = self._search(facts).show(P, goal, hints)
            if found is not None:
                return found
        return None

    def _search(self, facts: Sequence[Fact]) -> Goals:
        """The search by these facts: one for all that is asked, for its cases are the same."""
        key = frozenset(f.number for f in facts)
        if key not in self._goals:
            self._goals[key] = Goals(self.translator, facts)
        return self._goals[key]

    def _by_coefficients(self, P: Polynomial, x: Integer, modulus: int) -> Multiple | None:
        """That P is a multiple, with names written out where that is not too long."""
        if self._whole and _in_limbs(x) > MOST_IN_LIMBS:
            return self.kernel.multiple(P, modulus)
        return self.kernel.congruent(P, {}, modulus)

    def _congruent(self, P: Polynomial, x: Integer, modulus: int, search: bool) -> Shown:
        if self._whole:
            whole, Q = self._by_elimination(P, modulus)
            if self._is(whole, P, modulus, None, None):
                return Shown(True)
            if not search or _in_limbs(x) > MOST_IN_LIMBS:
                return Shown(False, f"modulo {modulus:#x} the difference is {self.kernel.text(Q, 8)}")
        if self._is(self.kernel.congruent(P, {}, modulus), P, modulus, None, None):
            return Shown(True)
        if self.multiples and not self._whole:
            # What no unknown is alone in divides what is left: n n' + 1, say.
            divided, _ = self._by_elimination(P, modulus)
            if self._is(divided, P, modulus, None, None):
                return Shown(True)
        kernel = self.kernel
        # What became known last speaks of what there is now: with that first, little is left.
        orders = [self.multiples[::-1], self.multiples] if len(self.multiples) > 1 else [self.multiples]
        ways: list[tuple[Polynomial, Multiple | None, bool]] = []
        if self.multiples and self._names_factors:
            # What is known to be a multiple may be of what a factor's name stands for.
            R = kernel.residue(P, modulus)
            ways = [(R, kernel.congruent(P, R, modulus), False)]
        Q = P
        for X, named, searched in [*ways, (P, None, search)]:
            for known in orders:
                Q, used = self._by_multiples(X, modulus, known)
                found: Fact | Multiple | None = kernel.congruent(Q, {}, modulus)
                if found is None and searched:
                    found = self._found(Q, Goal(modulus=modulus))
                if not isinstance(found, Multiple):
                    continue
                found = kernel.transfer(found, X, [], used)
                found = found if named is None else kernel.transfer(found, P, [], [(const(1), named)])
                if self._is(found, P, modulus, None, None):
                    return Shown(True)
        Q, cofactors = self._unnamed(P)
        if cofactors:
            found = kernel.congruent(Q, {}, modulus)
            # What stands for a name, or is in the place of a word, may hold what is known of residues.
            for known in orders if found is None and self.multiples else ():
                of, used = self._by_multiples(Q, modulus, known)
                rest = kernel.congruent(of, {}, modulus)
                if rest is not None:
                    found = kernel.transfer(rest, Q, [], used)
                    break
            if found is None and search:
                found = self._found(Q, Goal(modulus=modulus))
            if isinstance(found, Multiple) and self._is(kernel.transfer(found, P, cofactors), P, modulus, None, None):
                return Shown(True)
        left = self.kernel.residue(Q, modulus)
        return Shown(False, f"modulo {modulus:#x} the difference is {self.kernel.text(left, 8)}")

    def _by_multiples(
        self, P: Polynomial, modulus: int, multiples: Sequence[Multiple]
    ) -> tuple[Polynomial, list[tuple[Polynomial, Multiple]]]:
        """P less multiples of what is known to be a multiple of the modulus, so that an unknown of that goes."""
        kernel = self.kernel
        used: list[tuple[Polynomial, Multiple]] = []
        for _ in range(_AGAIN):
            before = len(used)
            for known in multiples:
                pivot = self._pivot(known.P, P) if known.modulus % modulus == 0 else None
                if pivot is None:
                    continue
                sign = known.P[pivot,]
                value = add({(pivot,): 1}, known.P, -sign)
                if is_long(P, pivot, value):
                    continue
                P, by = replaced(kernel, P, pivot, value)
                P = {m: d for m, c in P.items() if (d := c % modulus)}
                used.append((scale(by, sign), known))
            # What is put in may be made of what went before.
            if len(used) == before:
                break
        return P, used

    def _pivot(self, known: Polynomial, P: Polynomial | None = None) -> int | None:
        """An unknown that occurs once, by itself, with coefficient 1 or -1: the widest.

        With P one of the lowest power in P, for what is put in its place is raised to that; the widest has to be in P.
        """
        kernel = self.kernel
        single = [
            m[0]
            for m, c in known.items()
            if len(m) == 1 and abs(c) == 1 and kernel.atoms[m[0]].E is None and sum(m[0] in n for n in known) == 1
        ]
        widest = max(single, key=lambda a: (kernel.atoms[a].hi, a), default=None)
        if P is None or widest is None:
            return widest
        powers = {a: max((m.count(a) for m in P), default=0) for a in single}
        if not powers[widest]:
            return None
        return max((a for a in single if powers[a]), key=lambda a: (-powers[a], kernel.atoms[a].hi, a))

    def _by_a_multiple(self, P: Polynomial, goal: Goal) -> Fact | None:
        """Bounds of P that it has as a multiple of a number that others are multiples of."""
        kernel = self.kernel
        for modulus in {known.modulus for known in self.multiples}:
            of = self._by_elimination(P, modulus)[0]
            if of is None:
                # Of two that define the same unknown the one that became known last may be all that it takes.
                Q, used = self._by_multiples(P, modulus, self.multiples[::-1])
                rest = kernel.multiple(Q, modulus)
                of = None if rest is None else kernel.transfer(rest, P, [], used)
            if of is not None:
                for facts in ([], self.facts):
                    f = kernel.whole(self.translator.ranges.bound(P, facts=facts), of)
                    if not f.impossible and goal.met(f.lo, f.hi):
                        return f
        return None

    def _by_elimination(self, P: Polynomial, modulus: int) -> tuple[Multiple | None, Polynomial]:
        """That P is a multiple by what is known of residues; and what is left where that is not found."""
        Q, used = eliminated(self.kernel, P, modulus, self.multiples)
        found = self.kernel.multiple(Q, modulus)
        return None if found is None else self.kernel.transfer(found, P, [], used), Q

    def _unnamed(self, P: Polynomial) -> tuple[Polynomial, list[Cofactor]]:
        """P with names replaced by what they stand for, and what of those; and the cofactors that show it."""
        kernel = self.kernel
        cofactors: list[Cofactor] = []
        for _ in range(_AGAIN):
            names = {a for m in P for a in m if kernel.atoms[a].m == 1 and kernel.atoms[a].name in ("x", "f")}
            equal = {a: self._solved[a] for m in P for a in m if a in self._solved}
            for a in names:
                E = kernel.atoms[a].E
                assert E is not None
                equal[a] = E, kernel.derive(add({(a,): 1}, E, -1), [(-1, a)])
            if not equal:
                break
            P, more = rewrite(kernel, P, equal)
            cofactors += more
        return P, cofactors

    def _in_range(self, P: Polynomial, lo: int | None, hi: int | None, search: bool) -> Shown:
        goal = Goal(lo=lo, hi=hi)
        r = self.translator.ranges.bound(P, want=goal.met)
        if self._is(r, P, 0, lo, hi):
            return Shown(True)
        if self.multiples and self._is(self._by_a_multiple(P, goal), P, 0, lo, hi):
            return Shown(True)
        if not search:
            return Shown(False, "no bounds are seen at once")
        # In a lane's name bounds stop; an equation needs what it stands for.
        Q, cofactors = self._unnamed(P)
        ways = ((Q, cofactors), (P, [])) if cofactors else ((P, []),)
        if self._search(self.facts).unknown_bits(P):
            ways = ((P, []),)  # bits that names are of are told apart, and only in names have they bounds
        for X, zeros in ways if search else ():
            found = self._found(X, goal, self._hints)
            if not isinstance(found, Fact):
                continue
            if self._is(self.kernel.derive(P, [(1, found)], zeros), P, 0, lo, hi):
                return Shown(True)
        return Shown(False, f"all that is found of {self.kernel.text(P, 8)} is that it lies in [{r.lo:#x}, {r.hi:#x}]")


#: Names within names, and multiples of numbers made of others, are replaced this often.
_AGAIN = 4


def _bounds_of_leaves(known: Sequence[Relation]) -> dict[Word, tuple[int | None, int | None]]:
    """What relations say of single words."""
    out: dict[Word, tuple[int | None, int | None]] = {}
    for r in known:
        for part in r.parts:
            found = _of_one_leaf(part)
            if found is None:
                continue
            leaf, lo, hi = found
            low, high = out.get(leaf, (None, None))
            out[leaf] = (
                lo if low is None else low if lo is None else max(lo, low),
                hi if high is None else high if hi is None else min(hi, high),
            )
    return out


def _most_of_words(known: Sequence[Relation]) -> dict[int, int]:
    """By term: what an unsigned word is at most, since a sum of positive multiples of words has an upper bound."""
    out: dict[int, int] = {}
    for r in known:
        for x, modulus, _, hi in r.parts:
            if modulus or hi is None:
                continue
            rest = hi - x.terms.get((), 0)
            words: dict[int, int] = {}
            for m, c in x.terms.items():
                if not m:
                    continue
                leaf = m[0]
                if (
                    len(m) > 1
                    or c < 0
                    or isinstance(leaf, (Quotient, FoldValue))
                    or leaf[0]
                    or leaf[2].width != leaf[1]
                ):
                    break
                words[leaf[2].id] = rest // c
            else:
                # A negative bound is a contradiction, and none of a word.
                for word, most in words.items():
                    if most >= 0:
                        out[word] = min(most, out.get(word, most))
    return out


def _is_wide(leaf: Leaf) -> bool:
    return _limbs(leaf) > 1


def _limbs(leaf: Leaf) -> int:
    """How many limbs a factor has that may be one unknown; 1 for all others."""
    return 1 if isinstance(leaf, (Quotient, FoldValue)) or leaf[0] else -(-leaf[1] // WIDEST_LIMB)


def _has_wide_words(part: Part) -> bool:
    """Whether a part speaks of a number of several limbs as one word."""
    return any(_is_wide(leaf) for m in part[0].terms for leaf in m)


def _in_limbs(x: Integer) -> int:
    """How many monomials an integer has, if numbers are written in limbs of 64 bits; at least that many."""
    total = 0
    for m in x.terms:
        monomials = 1
        for leaf in set(m):
            monomials *= comb(_limbs(leaf) + m.count(leaf) - 1, m.count(leaf))
        total += monomials
    return total


def _of_one_leaf(part: Part) -> tuple[Word, int | None, int | None] | None:
    x, modulus, lo, hi = part
    if modulus or len(x.terms) != 1:
        return None
    ((m, c),) = x.terms.items()
    if len(m) != 1 or c != 1 or isinstance(m[0], (Quotient, FoldValue)):
        return None  # (a number alone has no word at all)
    return m[0], lo, hi
