"""Proving relations of integers: one argument, made for one question, under what is known where it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from armsym.integers.expression import Integer, Leaf, Part, Quotient, Relation, Word
from armsym.integers.floors import is_floor
from armsym.integers.goals import Goal, Goals, Hint
from armsym.integers.kernel import Fact, Kernel, Spent
from armsym.integers.polynomial import ONE, Polynomial, add, const
from armsym.integers.translate import Lane, Translator
from armsym.terms.node import App, Var

__all__ = ["LANES", "Argument", "Shown"]

#: Signed words of these widths are lanes: what a program computes lane by lane.
LANES = frozenset({8, 16, 32})

#: Of at most so many numbers of a known range the products' ranges are derived, too.
MOST_NUMBERS = 4

#: How many monomials may be handled to say in integers what the terms are.
MOST_WORK = 200_000_000


@dataclass(frozen=True)
class Shown:
    """What became of a relation; `detail` says what was not shown."""

    holds: bool
    detail: str = ""


class Argument:
    """What is known, in integers: relations that hold, and what of them may be used to bound others."""

    def __init__(
        self, known: Sequence[Relation], asked: Sequence[Relation], log: list[tuple[object, ...]] | None = None
    ) -> None:
        """`known` holds wherever the question is asked; `asked` are all relations that will be."""
        leaves = {leaf for r in (*known, *asked) for leaf in r.leaves()}
        widths = frozenset(w for signed, w, _ in leaves if signed and w in LANES)
        self.kernel = Kernel(log)
        bounds = _bounds_of_leaves(known)
        lanes = {}
        for leaf in leaves:
            signed, w, t = leaf
            if signed and isinstance(t, (Var, App)):
                lo, hi = -(1 << w - 1), (1 << w - 1) - 1
                low, high = bounds.get(leaf, (None, None))
                lanes[t.id] = Lane(lo if low is None else max(lo, low), hi if high is None else min(hi, high))
        self._impossible = any(lane.lo > lane.hi for lane in lanes.values())
        self.translator = Translator(
            self.kernel, lanes=lanes if widths else None, widths=widths, most=_most_of_words(known)
        )
        self._values: dict[int, Polynomial] = {}
        self.facts: list[Fact] = []
        self.multiples: list[tuple[Polynomial, int]] = []
        self._known = known
        self._ready = False
        self._goals: Goals | None = None

    def show(self, asked: Sequence[Relation]) -> list[Shown]:
        """Whether each of the relations follows from what is known."""
        if self._impossible:
            return [Shown(False, "what is assumed contradicts itself")] * len(asked)
        self.kernel.most_work = MOST_WORK
        try:
            self._prepare()
            parts = [[(self.polynomial(x), m, lo, hi) for x, m, lo, hi in r.parts] for r in asked]
        except Spent:
            return [Shown(False, "what the words are as integers takes too much work to say")] * len(asked)
        finally:
            self.kernel.most_work = None
        hints = [(P, m) for of in parts for P, m, _, _ in of if m]
        return [self._show(of, hints) for of in parts]

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
        signed, width, t = leaf
        return self.translator.signed(t, width) if signed else self.translator.value(t)

    # -- what is known --------------------------------------------------------------------------------

    def _prepare(self) -> None:
        if self._ready:
            return
        self._ready = True
        kernel, numbers = self.kernel, []
        equal: dict[int, tuple[Polynomial, Fact]] = {}
        for r in self._known:
            for x, modulus, lo, hi in r.parts:
                P = self.polynomial(x)
                if modulus:
                    self.multiples.append((P, modulus))
                    continue
                fact = kernel.given(P, lo, hi)
                if len(P) > 1 and any(P):
                    self.facts.append(fact)
                    named = self._number(P, fact, equal)
                    if named is not None:
                        numbers.append(named)
        self.translator.ranges.equal = equal
        if len(numbers) <= MOST_NUMBERS:
            for (P, a), (Q, b) in combinations_with_replacement(numbers, 2):
                zero_P = kernel.derive(add(P, {(a,): 1}, -1), [(1, a)])
                zero_Q = kernel.derive(add(Q, {(b,): 1}, -1), [(1, b)])
                # P*Q = a*b + P*(Q - b) + b*(P - a)
                self.facts.append(kernel.derive(kernel.mul(P, Q), (), [(P, zero_Q), ({(b,): 1}, zero_P)]))

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

    def _show(self, parts: list[tuple[Polynomial, int, int | None, int | None]], hints: list[Hint]) -> Shown:
        for P, modulus, lo, hi in parts:
            shown = self._congruent(P, modulus) if modulus else self._in_range(P, lo, hi, hints)
            if not shown.holds:
                return shown
        return Shown(True)

    def _search(self) -> Goals:
        """One for all that is asked: its cases are the same."""
        if self._goals is None:
            self._goals = Goals(self.translator, self.facts)
        return self._goals

    def _congruent(self, P: Polynomial, modulus: int) -> Shown:
        if self.kernel.congruent(P, {}, modulus) is not None:
            return Shown(True)
        if self._search().show(P, Goal(modulus=modulus)) is not None:
            return Shown(True)
        left = self.kernel.residue(P, modulus)
        return Shown(False, f"modulo {modulus:#x} the difference is {self.kernel.text(left, 8)}")

    def _in_range(self, P: Polynomial, lo: int | None, hi: int | None, hints: list[Hint]) -> Shown:
        goal = Goal(lo=lo, hi=hi)
        r = self.translator.ranges.bound(P, want=goal.met)
        if goal.met(r.lo, r.hi):
            return Shown(True)
        if self._search().show(P, goal, hints) is not None:
            return Shown(True)
        return Shown(False, f"all that is found of {self.kernel.text(P, 8)} is that it lies in [{r.lo:#x}, {r.hi:#x}]")


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
                if len(m) > 1 or c < 0 or isinstance(leaf, Quotient) or leaf[0] or leaf[2].width != leaf[1]:
                    break
                words[leaf[2].id] = rest // c
            else:
                # A negative bound is a contradiction, and none of a word.
                for word, most in words.items():
                    if most >= 0:
                        out[word] = min(most, out.get(word, most))
    return out


def _of_one_leaf(part: Part) -> tuple[Word, int | None, int | None] | None:
    x, modulus, lo, hi = part
    if modulus or len(x.terms) != 1:
        return None
    ((m, c),) = x.terms.items()
    leaf = m[0]
    return (leaf, lo, hi) if len(m) == 1 and c == 1 and not isinstance(leaf, Quotient) else None
