"""What is shown by induction before any code is looked at: a claim about integers for every index and parameters.

    T = p.induction("name", lambda i, k: claims, upto=lambda k: n)

says that the claims hold for all i <= upto(k) and all k, numbers up to `high` for which `where(k)` holds.  It is
shown for i = 0, and for i + 1 where it holds for i; k is the same in both.  Where claims about a state are made,
`T(j, k)` lets the path know what it says of these words, if its facts show that the conditions hold of them.

A theorem is one formula, in variables of its own.  What is assumed, shown and told of it are that formula with
other words put in their places, so nothing hangs on how often its functions are called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature

from armsym.bits import Bits, Prop
from armsym.errors import InputError
from armsym.integers.expression import FoldValue, Integer, IntegerLike, Multiplier, Relation, Word, integer
from armsym.proof.checks import a_condition, a_function, a_text, a_vector, shown, told_by
from armsym.proof.handles import Claims, Meaning, an_index
from armsym.symbolic_memory import variable
from armsym.terms.evaluate import Substitution
from armsym.terms.node import Term, Value, intern, ones

__all__ = ["Formula", "Theorem", "instance"]

#: So many conditions are told apart at most: each doubles the cases.
MOST_CASES = 6


class Theorem:
    """What `Proof.induction` declares; calling it tells of words what it says of them."""

    def __init__(
        self,
        meaning: Meaning,
        name: str,
        number: int,
        claims: Callable[..., Claims],
        upto: Callable[..., Bits],
        where: Callable[..., Sequence[Prop]] | None,
        by: Callable[..., object] | None,
        cases: Callable[..., Sequence[Prop]] | None,
        high: int,
    ) -> None:
        """`number` counts the theorems of the proof, `by` tells what else is known, of i = 0 and of i."""
        self._p, self.name, self.number, self.high = meaning, name, number, high
        #: What the index and the parameters are called.
        self.names = _arguments(claims) or ("i",)
        self.parameters = self.names[1:]
        self.claims = a_function(f"induction {name}: what is claimed", claims, *self.names)
        self.upto = a_function(f"induction {name}: upto", upto, *self.parameters)
        self.where = None if where is None else a_function(f"induction {name}: where", where, *self.parameters)
        self.by = None if by is None else a_function(f"induction {name}: by", by, *self.names)
        self._cases = None if cases is None else a_function(f"induction {name}: cases", cases, *self.names)

    def __call__(self, index: Bits | int, *parameters: Bits | int) -> None:
        """Let the path whose claims are made know what the theorem says of these, where its conditions are met."""
        if len(parameters) != len(self.parameters):
            raise InputError(f"{self.name}: {len(parameters)} parameters, not {len(self.parameters)}")
        words = [an_index(f"{self.name}: what it is told of", w) for w in (index, *parameters)]
        self._p._tell_of(self, words)

    def conditions(self, i: Bits, *parameters: Bits) -> tuple[Bits, list[Prop]]:
        """How far the index goes, and what has to hold of the words for the claims to hold of them."""
        upto = a_vector(told_by(self.upto, f"{self.name}: upto"), self.upto(*parameters), 64)
        said = [] if self.where is None else _conditions(f"{self.name}: where", self.where, parameters)
        return upto, [i <= upto, *(w <= self.high for w in (i, *parameters)), *said]

    def cases(self, *words: Bits) -> list[Prop]:
        """The conditions that are told apart; raises `InputError` for more than `MOST_CASES`."""
        said = [] if self._cases is None else _conditions(f"{self.name}: cases", self._cases, words)
        if len(said) > MOST_CASES:
            raise InputError(f"{self.name}: cases: at most {MOST_CASES} conditions are told apart, not {len(said)}")
        return said

    def said(self, i: Bits, *parameters: Bits) -> list[tuple[str, Relation | bool]]:
        """The claims as they are made of these words, by name."""
        claims = self.claims(i, *parameters)
        if not isinstance(claims, dict) or not claims:
            raise InputError(f"induction {self.name}: a non-empty dict of named claims, not {shown(claims)}")
        found: list[tuple[str, Relation | bool]] = []
        for name, claim in claims.items():
            a_text(f"induction {self.name}: the name of a claim", name)
            if isinstance(claim, (list, tuple)) and not claim:
                raise InputError(f"induction {self.name}: {name} is an empty list: it would say nothing")
            for part in claim if isinstance(claim, (list, tuple)) else [claim]:
                if isinstance(part, Prop) and isinstance(part.value, bool):
                    part = part.value  # noqa: PLW2901 - a claim about numbers that is told
                if not isinstance(part, (Relation, bool)):
                    raise InputError(f"induction {self.name}: {name}: claims about integers, not {shown(part)}")
                found.append((name, part))
        return found


@dataclass(frozen=True)
class Formula:
    """A theorem on symbols: variables for the index and the parameters, and what is said of them."""

    words: tuple[Bits, ...]
    #: That hold of the words: of the index at most `upto`, then the others.
    conditions: tuple[Prop, ...]
    claims: tuple[tuple[str, Relation | bool], ...]
    upto: Bits
    high: int

    @staticmethod
    def of(t: Theorem) -> Formula:
        """The theorem in variables of its own; to be made where no path's facts count."""
        possible = ones(t.high.bit_length())
        # (No name of a proof's has a colon.)
        words = tuple(variable(f"{t.name}:{n}", 64, secret=False, possible=possible) for n in t.names)
        # (Asked once, so what the step goes up to is what is asked of the words that it is told of.)
        upto, conditions = t.conditions(*words)
        return Formula(words, tuple(conditions), tuple(t.said(*words)), upto, t.high)

    def put(self, words: Sequence[Bits]) -> Callable[[Bits], Bits]:
        """What puts words in the places of the variables."""
        places: Mapping[Term, Value] = {
            v.value: w.value for v, w in zip(self.words, words, strict=True) if isinstance(v.value, Term)
        }
        replaced = Substitution(places)
        return lambda b: Bits(b.width, replaced(b.value))

    def conditions_of(self, words: Sequence[Bits]) -> list[Prop]:
        """What has to hold of the words."""
        put = self.put(words)
        # That they are no larger than the variables can be comes first: the formula's terms take it for granted, and
        # with it those of the conditions themselves.
        return [*(w <= self.high for w in words), *(Prop._of(put(c.bit).value) for c in self.conditions)]

    def claims_of(self, words: Sequence[Bits]) -> list[tuple[str, Relation | bool]]:
        """What is said of the words."""
        put = self.put(words)
        return [(name, instance(r, put) if isinstance(r, Relation) else r) for name, r in self.claims]


def _arguments(fn: object) -> tuple[str, ...]:
    """What a function's arguments are called, but for those that it has a value for."""
    try:
        found = signature(fn).parameters.values() if callable(fn) else ()
    except ValueError:  # of a function that does not tell
        return ()
    return tuple(p.name for p in found if p.default is p.empty)


def _conditions(what: str, fn: Callable[..., object], words: Sequence[Bits]) -> list[Prop]:
    """The conditions that a function of the proof file gives, in a list."""
    said = fn(*words)
    if not isinstance(said, (list, tuple)):
        raise InputError(told_by(fn, f"{what}: conditions are given in a list, not as {shown(said)}"))
    return [a_condition(told_by(fn, what), c) for c in said]


def instance(r: Relation, put: Callable[[Bits], Bits]) -> Relation | bool:
    """The claim of other words.

    That there is some K with x - y = K N is then said of those: their K is another one.
    """
    r = Relation(tuple((_anew(x), m, lo, hi) for x, m, lo, hi in r.parts))
    return r.map(put)


def _anew(x: Integer) -> Integer:
    """The number with another multiplier in place of each."""
    multipliers = {v: Multiplier() for v in x.values() if isinstance(v.of, Multiplier)}
    if not multipliers:
        return x
    known: dict[Word | FoldValue, IntegerLike] = {}
    for leaf in x.leaves():
        signed, width, t = leaf
        known[leaf] = integer([Bits(width, t)], signed=signed)
    for v in x.values():
        new = multipliers.get(v)
        known[v] = Integer({(v,): 1}) if new is None else new.at(Bits(64, intern(v.index)))
    y = x.map(known)
    assert isinstance(y, Integer), "a multiplier stands for any number"
    return y
