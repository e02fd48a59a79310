"""What may be believed about integers: facts, and the few ways to come by them.

Everything else in this package is search: it decides which fact to ask for, and what it gets wrong is refused
here.  Only this module makes a `Fact`, and each is checked when it is made.  There are

- *atoms*: an unknown within bounds, which the maker of the terms vouches for; a quotient q = floor(E / m) of a
  polynomial E in earlier atoms, known by 0 <= E - m*q <= m - 1; and a name b = E, which is the case m = 1;
- *facts*: a polynomial lies within bounds, or is a multiple of a number, wherever some suppositions hold.

A fact is derived from others by one rule, an identity over Z: d * P = sum of k * (what is known) + rest, where k is
a number, or any polynomial if what is known is an equation; the rest is bounded by the bounds of its atoms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from armsym.integers.polynomial import ONE, Monomial, Polynomial, add, const, scale

__all__ = [
    "Atom",
    "Cofactor",
    "Contradiction",
    "Fact",
    "Kernel",
    "Multiple",
    "Spent",
    "Summand",
    "Supposition",
    "Unsound",
]


class Unsound(AssertionError):
    """A step that does not hold was about to be taken."""


class Contradiction(Unsound):
    """What was given cannot all be: nothing more is to be made of it."""


class Spent(Exception):
    """The work that may be done for one question is done."""


class _Fixed:
    """What does not change once it is made: others are derived from it."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise Unsound(f"a {type(self).__name__} does not change")


class _Frozen(dict[Monomial, int]):
    """A polynomial that nobody changes any more, with whole coefficients."""

    def _no(self, *_: object, **__: object) -> Any:
        raise Unsound("the polynomial of a fact does not change")

    __setitem__ = __delitem__ = pop = popitem = clear = update = setdefault = __ior__ = _no


def _frozen(P: Polynomial) -> Polynomial:
    if type(P) is _Frozen:
        return P
    for c in P.values():
        if type(c) is not int:
            raise Unsound(f"a coefficient {c!r}")
    return _Frozen(P)


class _Atoms(dict[int, "Atom"]):
    """By number from 0 up; there is none of another number."""

    def __missing__(self, a: int) -> Atom:
        raise Unsound(f"there is no atom {a}")


class Atom(_Fixed):
    """An unknown, a quotient floor(E / m), or (m = 1) a name for E; its value lies in [lo, hi].

    `E` is None and `m` 0 for an unknown.
    """

    __slots__ = ("E", "hi", "lo", "m", "name")

    name: str
    lo: int
    hi: int
    E: Polynomial | None
    m: int

    def __init__(self, name: str, lo: int, hi: int, E: Polynomial | None, m: int) -> None:
        for slot, value in (("name", name), ("lo", lo), ("hi", hi), ("E", E), ("m", m)):
            object.__setattr__(self, slot, value)


@dataclass(frozen=True)
class Supposition:
    """lo <= P <= hi, taken for granted within one case; None where there is no such bound."""

    key: frozenset[tuple[Monomial, int]]
    lo: int | None
    hi: int | None


Suppositions = frozenset[Supposition]
_NONE: Suppositions = frozenset()


class Fact(_Fixed):
    """lo <= P <= hi wherever the suppositions hold.  Bounds that no integer meets say that they never do."""

    __slots__ = ("P", "hi", "kernel", "lo", "number", "under")

    P: Polynomial
    lo: int
    hi: int
    kernel: Kernel
    number: int
    under: Suppositions

    def __init__(self, kernel: Kernel, P: Polynomial, lo: int, hi: int, under: Suppositions, seal: object) -> None:
        if seal is not _SEAL:
            raise Unsound("a fact is made by the kernel only")
        if type(lo) is not int or type(hi) is not int:
            raise Unsound(f"bounds {lo!r} and {hi!r}")
        put = object.__setattr__
        put(self, "kernel", kernel), put(self, "P", _frozen(P)), put(self, "lo", lo), put(self, "hi", hi)
        put(self, "under", under), put(self, "number", kernel._numbered())

    @property
    def impossible(self) -> bool:
        """Whether the suppositions exclude each other."""
        return self.lo > self.hi

    @property
    def equation(self) -> bool:
        """Whether P is one number."""
        return self.lo == self.hi


class Multiple(_Fixed):
    """P is a multiple of `modulus` wherever the suppositions hold."""

    __slots__ = ("P", "kernel", "modulus", "number", "under")

    P: Polynomial
    modulus: int
    kernel: Kernel
    number: int
    under: Suppositions

    def __init__(self, kernel: Kernel, P: Polynomial, modulus: int, under: Suppositions, seal: object) -> None:
        if seal is not _SEAL:
            raise Unsound("a fact is made by the kernel only")
        if type(modulus) is not int or modulus < 1:
            raise Unsound(f"a multiple of {modulus!r}")
        put = object.__setattr__
        put(self, "kernel", kernel), put(self, "P", _frozen(P)), put(self, "modulus", modulus)
        put(self, "under", under), put(self, "number", kernel._numbered())


_SEAL = object()

#: A number times what a fact bounds, or times E - m * q of a quotient q given by its number.
Summand = tuple[int, "Fact | int"]
#: A polynomial times P - c, for a fact that P = c.
Cofactor = tuple[Polynomial, Fact]


class Kernel:
    """The atoms of one argument, and the rules."""

    def __init__(self, log: list[list[Any]] | None = None) -> None:
        """`log` takes a record of each atom and fact, for a checker that knows nothing of this module; see `_note`."""
        self.atoms: dict[int, Atom] = _Atoms()
        self.log = log
        #: How many facts there are.
        self.facts = 0
        #: Monomials handled so far, and how many may be: no result depends on a clock.
        self.work = 0
        self.most_work: int | None = None
        #: By modulus: the residue of each atom, names replaced.
        self._residues: dict[int, dict[int, Polynomial]] = {}
        #: Of products of atoms: their bounds.
        self._monomials: dict[Monomial, tuple[int, int]] = {}

    # -- atoms ------------------------------------------------------------------------------------

    def unknown(self, name: str, lo: int, hi: int) -> int:
        """A new atom of which only its bounds are known; the caller answers for them."""
        if type(lo) is not int or type(hi) is not int or lo > hi:
            raise Unsound(f"the unknown {name} has no value between {lo} and {hi}")
        self._note("unknown", lo, hi)
        return self._atom(Atom(name, lo, hi, None, 0))

    def quotient(self, name: str, of: Fact, m: int) -> int:
        """A new atom floor(E / m) for the E that a fact without suppositions bounds; a name for E if m = 1."""
        self._own(of)
        if type(m) is not int or m < 1 or of.under:
            raise Unsound(f"no quotient by {m} under {len(of.under)} suppositions")
        if of.impossible:
            raise Contradiction(f"{self.text(of.P)} has no value")
        self._note("quotient", of.number, m)
        return self._atom(Atom(name, of.lo // m, of.hi // m, of.P, m))

    def is_bit(self, a: int) -> bool:
        """Whether an atom is 0 or 1, or 0 or -1: its square is itself, or its negative."""
        x = self.atoms[a]
        return 0 <= x.lo <= x.hi <= 1 or -1 <= x.lo <= x.hi <= 0

    def worked(self, n: int) -> None:
        """Count n monomials; raises `Spent` beyond the limit."""
        self.work += n
        if self.most_work is not None and self.work > self.most_work:
            raise Spent

    # -- arithmetic ---------------------------------------------------------------------------------

    def times(self, a: Monomial, b: Monomial) -> tuple[int, Monomial]:
        """(sign, monomial) of a product, a square of a bit put as the bit."""
        if not a:
            return 1, b
        if not b:
            return 1, a
        sign, out = 1, []
        previous, atoms = -1, self.atoms
        for x in sorted(a + b):
            if x == previous:
                t = atoms[x]
                if t.lo >= 0 and t.hi <= 1:
                    continue
                if t.lo >= -1 and t.hi <= 0:
                    sign = -sign
                    continue
            out.append(x)
            previous = x
        return sign, tuple(out)

    def mul(self, p: Polynomial, q: Polynomial) -> Polynomial:
        """p * q."""
        if len(p) > len(q):
            p, q = q, p
        out: Polynomial = {}
        self.worked(len(p) * len(q))
        times = self.times
        for a, c in p.items():
            for b, d in q.items():
                s, m = times(a, b)
                v = out.get(m, 0) + (c * d if s == 1 else -c * d)
                if v:
                    out[m] = v
                else:
                    out.pop(m, None)
        return out

    def monomial_bounds(self, m: Monomial) -> tuple[int, int]:
        """The least and greatest value a monomial may have by the bounds of its atoms."""
        if len(m) == 1:
            x = self.atoms[m[0]]
            return x.lo, x.hi
        # Bounds of an atom never change.
        known = self._monomials.get(m)
        if known is None:
            known = self._monomials[m] = self._product_bounds(m)
        return known

    def _product_bounds(self, m: Monomial) -> tuple[int, int]:
        lo = hi = 1
        k = 0
        while k < len(m):
            x, n = self.atoms[m[k]], 1
            while k + n < len(m) and m[k + n] == m[k]:
                n += 1
            if n % 2 == 0:
                far = max(abs(x.lo), abs(x.hi)) ** n
                near = 0 if x.lo <= 0 <= x.hi else min(abs(x.lo), abs(x.hi)) ** n
                ends = near, far
            else:
                ends = x.lo**n, x.hi**n
            corners = lo * ends[0], lo * ends[1], hi * ends[0], hi * ends[1]
            lo, hi = min(corners), max(corners)
            k += n
        return lo, hi

    def bounds(self, p: Polynomial) -> tuple[int, int]:
        """The least and greatest value by the bounds of its atoms, each monomial by itself."""
        lo = hi = 0
        atoms = self.atoms
        for m, c in p.items():
            if not m:
                lo += c
                hi += c
                continue
            if len(m) == 1:
                x = atoms[m[0]]
                low, high = x.lo, x.hi
            else:
                low, high = self.monomial_bounds(m)
            if c > 0:
                lo += c * low
                hi += c * high
            else:
                lo += c * high
                hi += c * low
        return lo, hi

    # -- rules --------------------------------------------------------------------------------------

    def given(self, P: Polynomial, lo: int | None, hi: int | None) -> Fact:
        """A fact that the caller answers for."""
        least, most = self.bounds(P)
        low, high = least if lo is None else max(lo, least), most if hi is None else min(hi, most)
        fact = Fact(self, P, low, high, _NONE, _SEAL)
        self._note_fact("given", fact, lo, hi)
        return fact

    def given_multiple(self, P: Polynomial, modulus: int) -> Multiple:
        """That P is a multiple of a number, for which the caller answers."""
        made = Multiple(self, P, modulus, _NONE, _SEAL)
        self._note_fact("given multiple", made)
        return made

    def suppose(self, P: Polynomial, lo: int | None = None, hi: int | None = None) -> Fact:
        """A fact under the supposition that it is one; `cases` takes suppositions away."""
        least, most = self.bounds(P)
        if any(type(v) is not int for v in (lo, hi) if v is not None):
            raise Unsound(f"a supposition between {lo!r} and {hi!r}")
        s = Supposition(frozenset(P.items()), lo, hi)
        low, high = least if lo is None else max(lo, least), most if hi is None else min(hi, most)
        fact = Fact(self, P, low, high, frozenset([s]), _SEAL)
        self._note_fact("suppose", fact, lo, hi)
        return fact

    def derive(
        self, P: Polynomial, terms: Sequence[Summand] = (), cofactors: Sequence[Cofactor] = (), *, divisor: int = 1
    ) -> Fact:
        """Bounds of P from divisor * P = sum of terms + sum of cofactors + rest, rounded to integers.

        The rest is what is left over: whatever the terms are, the identity holds.
        """
        P = _frozen(P)
        if type(divisor) is not int or divisor < 1:
            raise Unsound(f"a fact divided by {divisor}")
        rest = scale(P, divisor)
        self.worked(len(P) + 4 * len(terms))
        lo = hi = 0
        under = _NONE
        possible = True
        for k, of in terms:
            if type(k) is not int:
                raise Unsound(f"{k!r} times a fact")
            if isinstance(of, int):
                x = self.atoms[of]
                if x.E is None:
                    raise Unsound(f"the unknown {x.name} has no definition")
                for m, c in x.E.items():
                    v = rest.get(m, 0) - k * c
                    if v:
                        rest[m] = v
                    else:
                        rest.pop(m, None)
                v = rest.get((of,), 0) + k * x.m
                if v:
                    rest[(of,)] = v
                else:
                    rest.pop((of,), None)
                low, high = 0, x.m - 1
            else:
                self._own(of)
                rest = add(rest, of.P, -k)
                low, high = of.lo, of.hi
                under |= of.under
                possible &= low <= high
            if k > 0:
                lo += k * low
                hi += k * high
            else:
                lo += k * high
                hi += k * low
        rest, under = self._less(rest, cofactors, under)
        low, high = self.bounds(rest)
        lo, hi = -((-(lo + low)) // divisor), (hi + high) // divisor
        # From what cannot be, anything follows: that is kept, for it ends a case.
        fact = Fact(self, P, lo, hi, under, _SEAL) if possible else Fact(self, P, 1, 0, under, _SEAL)
        if self.log is not None:
            used = [[k, "quotient", of] if isinstance(of, int) else [k, "fact", of.number] for k, of in terms]
            self._note_fact("derive", fact, used, _plain_cofactors(cofactors), divisor)
        return fact

    def meet(self, *facts: Fact) -> Fact:
        """What several facts about one polynomial say together."""
        first = facts[0]
        for f in facts:
            self._own(f)
            if f.P is not first.P and f.P != first.P:
                raise Unsound("facts about different polynomials")
        if len(facts) == 1:
            return first
        under = _NONE.union(*(f.under for f in facts))
        fact = Fact(self, first.P, max(f.lo for f in facts), min(f.hi for f in facts), under, _SEAL)
        self._note_fact("meet", fact, [f.number for f in facts])
        return fact

    def whole(self, f: Fact, of: Multiple) -> Fact:
        """Bounds of what is a multiple of a number, moved inwards to multiples of it."""
        self._own(f)
        self._own(of)
        if f.P != of.P:
            raise Unsound("facts about different polynomials")
        n = of.modulus
        # Where no multiple is left, the suppositions exclude each other.
        fact = Fact(self, f.P, -(-f.lo // n) * n, f.hi // n * n, f.under | of.under, _SEAL)
        self._note_fact("whole", fact, f.number, of.number)
        return fact

    def multiple(self, P: Polynomial, modulus: int, cofactors: Sequence[Cofactor] = ()) -> Multiple | None:
        """That P is a multiple of a number: P less the cofactors is, coefficient by coefficient; else None."""
        rest, under = self._less(_frozen(P), cofactors, _NONE)
        if any(c % modulus for c in rest.values()):
            return None
        made = Multiple(self, P, modulus, under, _SEAL)
        if self.log is not None:
            self._note_fact("multiple", made, _plain_cofactors(cofactors))
        return made

    def residue(self, P: Polynomial, modulus: int) -> Polynomial:
        """P modulo a number with all names replaced by what they stand for, coefficients in [0, modulus).

        Two polynomials of one residue differ by a multiple of the modulus.
        """
        known = self._residues.setdefault(modulus, {})
        todo = [a for m in P for a in m]
        while todo:
            a = todo[-1]
            x = self.atoms[a]
            if a in known or x.E is None or x.m != 1:
                known.setdefault(a, {(a,): 1})
                todo.pop()
                continue
            waiting = [b for m in x.E for b in m if b not in known]
            if waiting:
                todo.extend(waiting)
                continue
            known[a] = self._replaced(x.E, modulus, known)
            todo.pop()
        return self._replaced(P, modulus, known)

    def congruent(self, P: Polynomial, Q: Polynomial, modulus: int) -> Multiple | None:
        """That P - Q is a multiple of a number, by their residues; else None."""
        if self.residue(_frozen(P), modulus) != self.residue(_frozen(Q), modulus):
            return None
        made = Multiple(self, add(P, Q, -1), modulus, _NONE, _SEAL)
        self._note_fact("congruent", made)
        return made

    def cases(self, P: Polynomial, facts: Sequence[Fact], on: Sequence[Supposition]) -> Fact:
        """A fact about P that holds in each of some cases, without their suppositions, where one always holds.

        `on[k]` is the supposition that is taken from `facts[k]`, a fact about P or an impossible one.
        """
        under = self._exhaustive(facts, on)
        possible = [f for f in facts if not f.impossible]
        if any(f.P != P for f in possible):
            raise Unsound("cases of different polynomials")
        lo, hi = (min(f.lo for f in possible), max(f.hi for f in possible)) if possible else (1, 0)
        fact = Fact(self, P, lo, hi, under, _SEAL)
        self._note_fact("cases", fact, [f.number for f in facts], [_plain_supposition(s) for s in on])
        return fact

    def multiple_by_cases(
        self, P: Polynomial, modulus: int, facts: Sequence[Multiple | Fact], on: Sequence[Supposition]
    ) -> Multiple:
        """The same for being a multiple."""
        under = self._exhaustive(facts, on)
        for f in facts:
            if isinstance(f, Fact):
                if not f.impossible:
                    raise Unsound("a case of which nothing is shown")
            elif f.P != P or f.modulus != modulus:
                raise Unsound("cases of different polynomials")
        made = Multiple(self, P, modulus, under, _SEAL)
        self._note_fact("cases", made, [f.number for f in facts], [_plain_supposition(s) for s in on])
        return made

    def same(self, P: Polynomial, Q: Polynomial, cofactors: Sequence[Cofactor]) -> None:
        """Raise `Unsound` unless P = Q always, since P less the cofactors is Q."""
        fact = self.derive(add(P, Q, -1), (), cofactors)
        if fact.under or fact.lo != 0 or fact.hi != 0:
            raise Unsound("polynomials that are not shown to be equal")

    def transfer(
        self,
        f: Multiple,
        P: Polynomial,
        cofactors: Sequence[Cofactor],
        multiples: Sequence[tuple[Polynomial, Multiple]] = (),
    ) -> Multiple:
        """The same of P, which equals f.P plus the cofactors, plus polynomials times what is a multiple, too."""
        rest, under = add(_frozen(P), f.P, -1), f.under
        self._own(f)
        for q, other in multiples:
            self._own(other)
            if other.modulus % f.modulus:
                raise Unsound(f"a multiple of {other.modulus} need be none of {f.modulus}")
            rest = add(rest, self.mul(_frozen(q), other.P), -1)
            under |= other.under
        rest, under = self._less(rest, cofactors, under)
        if any(c % f.modulus for c in rest.values()):
            raise Unsound("polynomials that are not shown to be congruent")
        made = Multiple(self, P, f.modulus, under, _SEAL)
        if self.log is not None:
            products = [[_plain(q), other.number] for q, other in multiples]
            self._note_fact("transfer", made, f.number, _plain_cofactors(cofactors), products)
        return made

    def shown(self, f: Fact | Multiple, P: Polynomial, modulus: int, lo: int | None, hi: int | None) -> bool:
        """Whether a fact says, without suppositions, that P is a multiple of `modulus`, or if that is 0 in [lo, hi]."""
        self._own(f)
        if f.under or f.P != P:
            return False
        if isinstance(f, Multiple):
            holds = f.modulus == modulus
        else:
            holds = not modulus and (lo is None or lo <= f.lo) and (hi is None or f.hi <= hi) and not f.impossible
        if holds:
            self._note("shown", f.number, _plain(P), modulus, lo, hi)
        return holds

    # -- inside -------------------------------------------------------------------------------------

    def _less(
        self, P: Polynomial, cofactors: Sequence[Cofactor], under: Suppositions
    ) -> tuple[Polynomial, Suppositions]:
        """P less the sum of cofactor * (what an equation says is 0), and what is supposed for that."""
        for q, zero in cofactors:
            self._own(zero)
            if not zero.equation:
                raise Unsound("a polynomial times what is no equation")
            P = add(P, self.mul(_frozen(q), add(zero.P, const(-zero.lo))), -1)
            under |= zero.under
        return P, under

    def _replaced(self, P: Polynomial, modulus: int, known: dict[int, Polynomial]) -> Polynomial:
        out: Polynomial = {}
        for m, c in P.items():
            part: Polynomial = {ONE: c}
            if len(m) == 1:
                part = known[m[0]]
                for n, d in part.items():
                    out[n] = (out.get(n, 0) + c * d) % modulus
                continue
            for a in m:
                part = self.mul(part, known[a])
            for n, d in part.items():
                out[n] = (out.get(n, 0) + d) % modulus
        return {m: c for m, c in out.items() if c}

    def _exhaustive(self, facts: Sequence[Fact | Multiple], on: Sequence[Supposition]) -> Suppositions:
        """What is supposed beside the cases; raises `Unsound` unless one of them always holds."""
        if not facts or len(facts) != len(on):
            raise Unsound("as many cases as suppositions, at least one")
        if any(s.key != on[0].key for s in on):
            raise Unsound("cases of different polynomials")
        for f in facts:
            self._own(f)
        low, high = self.bounds(dict(on[0].key))
        at = low
        for s in sorted(on, key=lambda s: low if s.lo is None else s.lo):
            if s.lo is not None and s.lo > at:
                break
            at = max(at, high + 1 if s.hi is None else s.hi + 1)
        if at <= high:
            raise Unsound(f"no case for the value {at}")
        under = _NONE
        for f, s in zip(facts, on, strict=True):
            under |= f.under - {s}
        return under

    def _own(self, f: Fact | Multiple) -> None:
        if f.kernel is not self:
            raise Unsound("a fact of another argument")

    def _atom(self, x: Atom) -> int:
        a = len(self.atoms)
        self.atoms[a] = x
        return a

    def _numbered(self) -> int:
        self.facts += 1
        return self.facts - 1

    def _note(self, *record: object) -> None:
        """Add a record to the certificate.

        Each is a list of plain data, its first member the rule; facts and atoms go by numbers, in the order of the
        records that make them.  A record of a fact has the fact's polynomial and its bounds (or modulus) second to
        fourth, and what it comes from after that.
        """
        if self.log is not None:
            self.log.append(list(record))

    def _note_fact(self, rule: str, f: Fact | Multiple, *of: object) -> None:
        if self.log is not None:
            said = (f.lo, f.hi) if isinstance(f, Fact) else (f.modulus, None)
            self._note(rule, _plain(f.P), *said, *of)

    def text(self, p: Polynomial, most: int = 12) -> str:
        """A polynomial as people read it, cut off after some monomials."""
        return _text(self.atoms, p, most)


def _plain(P: Polynomial) -> list[list[Any]]:
    return [[list(m), c] for m, c in P.items()]


def _plain_cofactors(cofactors: Sequence[Cofactor]) -> list[list[Any]]:
    return [[_plain(q), zero.number] for q, zero in cofactors]


def _plain_supposition(s: Supposition) -> list[Any]:
    return [_plain(dict(s.key)), s.lo, s.hi]


def _text(atoms: Mapping[int, Atom], p: Polynomial, most: int) -> str:
    def parts() -> Iterator[str]:
        for m, c in sorted(p.items(), key=lambda x: (len(x[0]), x[0])):
            factors = "*".join(f"{atoms[a].name}{a}" for a in m)
            number = f"{abs(c):#x}" if abs(c) > 9999 else str(abs(c))
            yield ("- " if c < 0 else "+ ") + (number if not m else factors if abs(c) == 1 else f"{number}*{factors}")

    shown = list(_first(parts(), most))
    text = " ".join(shown).removeprefix("+ ") or "0"
    return text + (f" ... ({len(p)} monomials)" if len(p) > most else "")


def _first(items: Iterable[str], most: int) -> Iterator[str]:
    return (item for _, item in zip(range(most), items, strict=False))
