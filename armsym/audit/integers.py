"""Arguments that relations of integers hold: steps, each of which gives a fact, by few rules.

A *fact* says that a polynomial lies within bounds, or is a multiple of a number, wherever its suppositions hold.  The
steps of an argument are lines; facts and atoms are numbered from 0 in the order of the steps that make them.

    atom NODE                  a new atom, the value of a node: from 0 to the bits that the node may have
    quotient F M               a new atom, floor(P / M) of the P that fact F bounds without suppositions; M >= 1
    within A F                 atom A has the bounds of fact F, too, which is about it alone
    value NODE RULE ...        the polynomial that is a node's value: `armsym.audit.values`
    and NODE A B, mask NODE A BITS   a new instruction of the program, for values
    bits NODE                  fact: the value of a node is from 0 to the bits that it may have
    known K                    fact: precondition K of the contract
    suppose P LO HI            fact: LO <= P <= HI, under the supposition that it is so
    derive P D TERMS COFACTORS fact: D * P = sum of TERMS + sum of COFACTORS + rest, D >= 1.  A term is k:fF, k times
                               what fact F bounds, or k:qA, k times E - m * A of the quotient A, from 0 to m - 1; a
                               cofactor a polynomial times what fact F says is 0; the rest has the bounds of its atoms
    meet F,F...                fact: the narrowest bounds of facts about one polynomial
    whole F G                  fact: the bounds of F moved inwards to multiples of the number that G says it is one of
    multiple P M COFACTORS     fact: P is a multiple of M: less the cofactors each coefficient is
    congruent P M              fact: P is a multiple of M: so is each coefficient, once names are replaced
    transfer F P COFACTORS PRODUCTS   fact: P is a multiple as F says: it is F's polynomial, plus cofactors, plus
                               polynomials times multiples (POLYNOMIAL@FACT), plus a multiple
    cases P M F,F... S,S...    fact: what holds of P in each case, fact by fact, without the supposition of that case;
                               one of the suppositions, facts of `suppose`, always holds.  M is 0 for bounds
    claim K F                  relation K is what fact F says without suppositions

Every bound is computed here, none is believed.  A step whose conditions do not hold refuses the argument
(RefusedError).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.audit.bundle import Relation
from armsym.audit.polynomials import NONE, Atom, Atoms, Fact, Polynomial, Supposition, number, plus, polynomial, scaled
from armsym.audit.raw import Program
from armsym.audit.rules import RefusedError, need
from armsym.audit.values import Values

__all__ = ["HEAD", "NEXT", "Steps", "check_relations", "divided"]

HEAD = "armsym-integers 1"
#: Between the arguments for what is shown by what is known here, and by what is known there.
NEXT = "by-others"


class Steps:
    """What an argument has shown so far: `facts` and `values` in `atoms`, and the claims by their numbers."""

    def __init__(
        self, program: Program, known: Sequence[Relation], claimed: Sequence[Relation], shown: set[int]
    ) -> None:
        self.atoms = Atoms()
        self.facts: list[Fact] = []
        self.values = Values(program, self.atoms)
        self.shown = shown
        self._known, self._claimed = known, claimed
        self._supposed: dict[int, Supposition] = {}

    def step(self, words: Sequence[str]) -> None:
        """Do what a line says."""
        if words[0] == "value":
            self.values.step(words[1:], self._P, self.range)
            return
        rule = _RULES.get(words[0])
        if rule is None:
            raise RefusedError(f"no such rule: {words[0][:80]!r}")
        made, count = rule
        need(len(words) == count + 1, f"{words[0]} has {count} fields, not {len(words) - 1}")
        fact = made(self, *words[1:])
        if fact is not None:
            self.facts.append(fact)

    # -- fields

    def _P(self, text: str) -> Polynomial:
        return polynomial(text, len(self.atoms))

    def fact(self, word: str) -> Fact:
        """The fact of a number; raises RefusedError where there is none."""
        k = number(word)
        need(0 <= k < len(self.facts), f"there is no fact {k} yet")
        return self.facts[k]

    def range(self, word: str) -> Fact:
        """A fact about bounds, without suppositions, which can be met."""
        f = self.fact(word)
        need(not f.modulus and not f.under and f.possible, f"fact {word} is no range that always holds")
        return f

    def _facts(self, text: str) -> list[Fact]:
        return [self.fact(word) for word in text.split(",")]

    def _products(self, text: str) -> list[tuple[Polynomial, Fact]]:
        pairs = (part.split("@") for part in text.split(";") if text != "-")
        return [(self._P(p), self.fact(f)) for p, f in pairs]

    def _less(self, P: Polynomial, cofactors: Sequence[tuple[Polynomial, Fact]]) -> Polynomial:
        """P less the sum of polynomials times what equations say is 0."""
        for q, f in cofactors:
            need(not f.modulus and f.lo == f.hi, "a cofactor of what is no equation")
            P = plus(P, self.atoms.mul(q, plus(f.P, {(): 1}, -f.lo)), -1)
        return P

    # -- rules

    def _atom(self, node: str) -> None:
        n = number(node)
        self.values.put(n, {(len(self.atoms),): 1})
        self.atoms.append(Atom(0, self.values.bits(n), {}, 0))

    def _quotient(self, of: str, by: str) -> None:
        f, m = self.range(of), number(by)
        need(m >= 1, f"a quotient by {m}")
        self.atoms.append(Atom(f.lo // m, f.hi // m, f.P, m))

    def _narrowed(self, atom: str, by: str) -> None:
        f, a = self.range(by), number(atom)
        alone: Polynomial = {(a,): 1}
        need(0 <= a < len(self.atoms) and alone == f.P, f"fact {by} is not about atom {atom} alone")
        x = self.atoms[a]
        self.atoms[a] = Atom(max(x.lo, f.lo), min(x.hi, f.hi), x.E, x.m)

    def _bits(self, node: str) -> Fact:
        n = number(node)
        return Fact(self.values.of(n), 0, self.values.bits(n), 0)

    def _relation(self, r: Relation) -> Polynomial:
        total: Polynomial = {}
        for factor, nodes in r.terms:
            part: Polynomial = {(): 1}
            for n in nodes:
                part = self.atoms.mul(part, self.values.of(n))
            total = plus(total, part, factor)
        return total

    def _said(self, which: str, among: Sequence[Relation]) -> tuple[int, Relation]:
        k = number(which)
        need(0 <= k < len(among), f"there are {len(among)} relations, and no number {k}")
        return k, among[k]

    def _known_of(self, which: str) -> Fact:
        _, r = self._said(which, self._known)
        P = self._relation(r)
        return Fact(P, 0, 0, r.modulus) if r.modulus else self._within(P, r.low, r.high, NONE)

    def _within(self, P: Polynomial, low: int | None, high: int | None, under: frozenset[Supposition]) -> Fact:
        lo, hi = self.atoms.ends(P)
        return Fact(P, lo if low is None else max(lo, low), hi if high is None else min(hi, high), 0, under)

    def _suppose(self, of: str, low: str, high: str) -> Fact:
        P = self._P(of)
        ends = [None if w == "none" else number(w) for w in (low, high)]
        s = frozenset(P.items()), ends[0], ends[1]
        self._supposed[len(self.facts)] = s
        return self._within(P, ends[0], ends[1], frozenset([s]))

    def _derive(self, of: str, by: str, terms: str, cofactors: str) -> Fact:
        P, divisor = self._P(of), number(by)
        need(divisor >= 1, f"a fact divided by {divisor}")
        rest, lo, hi, used, zeros = scaled(P, divisor), 0, 0, list[Fact](), self._products(cofactors)
        for word in () if terms == "-" else terms.split(","):
            k, f = self._term(word)
            rest = plus(rest, f.P, -k)
            ends = k * f.lo, k * f.hi
            lo, hi = lo + min(ends), hi + max(ends)
            used.append(f)
        rest = self._less(rest, zeros)
        low, high = self.atoms.ends(rest)
        under = NONE.union(*(f.under for f in used), *(f.under for _, f in zeros))
        if not all(f.possible for f in used):
            return Fact(P, 1, 0, 0, under)
        return Fact(P, -((-(lo + low)) // divisor), (hi + high) // divisor, 0, under)

    def _term(self, word: str) -> tuple[int, Fact]:
        """k, and the fact: a range that is known, or 0 <= E - m * q <= m - 1 of a quotient."""
        k, of = word.split(":")
        if of[:1] != "q":
            need(of[:1] == "f", f"{word[:80]!r} is no term")
            f = self.fact(of[1:])
            need(not f.modulus, "a multiple has no bounds")
            return number(k), f
        a = number(of[1:])
        need(0 <= a < len(self.atoms) and self.atoms[a].m > 0, f"atom {a} is no quotient")
        x = self.atoms[a]
        return number(k), Fact(plus(x.E, {(a,): 1}, -x.m), 0, x.m - 1, 0)

    def _meet(self, of: str) -> Fact:
        known = self._facts(of)
        P = known[0].P
        need(all(not f.modulus and f.P == P for f in known), "ranges of different polynomials")
        return Fact(P, max(f.lo for f in known), min(f.hi for f in known), 0, NONE.union(*(f.under for f in known)))

    def _whole(self, of: str, multiple: str) -> Fact:
        f, g = self.fact(of), self.fact(multiple)
        need(not f.modulus and g.modulus > 0 and f.P == g.P, "no range and multiple of one polynomial")
        n = g.modulus
        return Fact(f.P, -(-f.lo // n) * n, f.hi // n * n, 0, f.under | g.under)

    def _multiple(self, of: str, modulus: str, cofactors: str) -> Fact:
        P, n, zeros = self._P(of), number(modulus), self._products(cofactors)
        need(n >= 1, f"a multiple of {n}")
        need(all(c % n == 0 for c in self._less(P, zeros).values()), f"a coefficient is no multiple of {n}")
        return Fact(P, 0, 0, n, NONE.union(*(f.under for _, f in zeros)))

    def _congruent(self, of: str, modulus: str) -> Fact:
        P, n = self._P(of), number(modulus)
        need(n >= 1 and not self.atoms.residue(P, n), f"a coefficient is no multiple of {n}")
        return Fact(P, 0, 0, n)

    def _transfer(self, of: str, to: str, cofactors: str, products: str) -> Fact:
        f, P, zeros, others = self.fact(of), self._P(to), self._products(cofactors), self._products(products)
        n = f.modulus
        need(n > 0 and all(g.modulus > 0 and g.modulus % n == 0 for _, g in others), "multiples of other numbers")
        rest = plus(P, f.P, -1)
        for q, g in others:
            rest = plus(rest, self.atoms.mul(q, g.P), -1)
        need(all(c % n == 0 for c in self._less(rest, zeros).values()), f"a coefficient is no multiple of {n}")
        return Fact(P, 0, 0, n, f.under.union(*(g.under for _, g in (*zeros, *others))))

    def _cases(self, of: str, modulus: str, facts: str, on: str) -> Fact:
        P, n, known = self._P(of), number(modulus), self._facts(facts)
        need(n >= 0, f"a multiple of {n}")
        which = [number(word) for word in on.split(",")]
        need(all(k in self._supposed for k in which) and len(which) == len(known), "a case is no supposition")
        supposed = [self._supposed[k] for k in which]
        self._exhaustive(supposed)
        under = NONE.union(*(f.under - {s} for f, s in zip(known, supposed, strict=True)))
        live = [f for f in known if f.possible]
        need(all(f.P == P and f.modulus == n for f in live), "cases of different polynomials or moduli")
        if n or not live:
            return Fact(P, 0 if n else 1, 0, n, under)
        return Fact(P, min(f.lo for f in live), max(f.hi for f in live), 0, under)

    def _exhaustive(self, supposed: Sequence[Supposition]) -> None:
        """One of these suppositions, about one polynomial, always holds."""
        key = supposed[0][0]
        at, top = self.atoms.ends(dict(key))
        first = at
        for other, low, high in sorted(supposed, key=lambda s: first if s[1] is None else s[1]):
            need(other == key, "suppositions about different polynomials")
            need(low is None or low <= at or at > top, f"no case for the value {at}")
            at = max(at, top + 1 if high is None else high + 1)
        need(at > top, f"no case for the value {at}")

    def _claim(self, which: str, by: str) -> None:
        k, r = self._said(which, self._claimed)
        f = self.fact(by)
        need(self._relation(r) == f.P, f"fact {by} is not about relation {k}")
        need(not f.under and f.possible and f.modulus == r.modulus, f"fact {by} does not say relation {k}")
        if not r.modulus:
            within = (r.low is None or r.low <= f.lo) and (r.high is None or f.hi <= r.high)
            need(within, f"fact {by} has the bounds {f.lo:#x} and {f.hi:#x}, relation {k} {r.low} and {r.high}")
        self.shown.add(k)

    def _instruction(self, node: str, a: str, b: str, *, mask: bool) -> None:
        program = self.values.program
        made = program.mask(number(a), number(b)) if mask else program.and_(number(a), number(b))
        need(made == number(node), f"the new instruction is {made}, not {node}")


_RULES: dict[str, tuple[Callable[..., Fact | None], int]] = {
    "and": (lambda a, *words: a._instruction(*words, mask=False), 3),
    "mask": (lambda a, *words: a._instruction(*words, mask=True), 3),
    "atom": (Steps._atom, 1),
    "quotient": (Steps._quotient, 2),
    "within": (Steps._narrowed, 2),
    "bits": (Steps._bits, 1),
    "known": (Steps._known_of, 1),
    "suppose": (Steps._suppose, 3),
    "derive": (Steps._derive, 4),
    "meet": (Steps._meet, 1),
    "whole": (Steps._whole, 2),
    "multiple": (Steps._multiple, 3),
    "congruent": (Steps._congruent, 2),
    "transfer": (Steps._transfer, 4),
    "cases": (Steps._cases, 4),
    "claim": (Steps._claim, 2),
}


def divided(lines: Sequence[str]) -> list[list[str]]:
    """Lines of arguments, by the lines `NEXT` between them."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line == NEXT:
            found.append([])
        else:
            found[-1].append(line)
    return found


def check_relations(
    program: Program, known: Sequence[Relation], claimed: Sequence[Relation], lines: Sequence[str]
) -> list[Relation]:
    """The claimed relations of a program's nodes that an argument does not show, the known ones being given.

    Several arguments may follow each other, each from its own beginning; `program` grows by instructions that they
    add.  Raises RefusedError of a step whose conditions do not hold, and of what is no step: then nothing is shown.
    """
    need(bool(lines) and lines[0] == HEAD, f"an argument begins with {HEAD!r}")
    shown: set[int] = set()
    for k, line in enumerate(lines, 1):
        if line == HEAD:
            argument = Steps(program, known, claimed, shown)
            continue
        try:
            argument.step(line.split(" "))
        except (ValueError, RecursionError) as e:
            raise RefusedError(f"line {k} of the argument, {line[:80]!r}: {e}") from None
    return [r for k, r in enumerate(claimed) if k not in shown]
