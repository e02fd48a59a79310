"""The records of the engine's kernel as lines of an argument, without what nothing needs.  Untrusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from armsym.audit.integers import HEAD
from armsym.audit.polynomials import Polynomial, text_of
from armsym.integers.kernel import Fact, Multiple

__all__ = ["lines_of"]


@dataclass
class _Step:
    """A rule and its fields: numbers and words as they are, the others by the classes below."""

    rule: str
    fields: list[Any]
    #: The number of the atom or fact that it makes, as the kernel counts.
    atom: int | None = None
    fact: int | None = None


@dataclass(frozen=True)
class _F:
    """The number of a fact."""

    n: int


@dataclass(frozen=True)
class _P:
    """A polynomial."""

    terms: Polynomial = field(hash=False)


@dataclass(frozen=True)
class _List:
    """Pieces of text and of the kinds above, put together."""

    parts: tuple[Any, ...]


def _poly(plain: Iterable[Sequence[Any]]) -> _P:
    return _P({tuple(m): c for m, c in plain})


def _products(used: Iterable[Sequence[Any]]) -> _List:
    parts: list[Any] = []
    for q, n in used:
        parts += [";" if parts else "", _poly(q), "@", _F(n)]
    return _List(tuple(parts) or ("-",))


def _facts(numbers: Iterable[int]) -> _List:
    parts: list[Any] = []
    for n in numbers:
        parts += ["," if parts else "", _F(n)]
    return _List(tuple(parts))


@dataclass(frozen=True)
class _Atom:
    """The number of an atom."""

    n: int


def _terms(used: Iterable[Sequence[Any]]) -> _List:
    parts: list[Any] = []
    for k, of, n in used:
        parts += ["," if parts else "", f"{k}:", "f" if of == "fact" else "q", _F(n) if of == "fact" else _Atom(n)]
    return _List(tuple(parts) or ("-",))


def _end(v: int | None) -> str:
    return "none" if v is None else str(v)


class _Reader:
    """Makes steps of records."""

    def __init__(self, given: Mapping[int, list[Any]]) -> None:
        self.steps: list[_Step] = []
        self._given, self._atoms, self._facts, self._known = given, 0, 0, 0
        self._supposed: dict[Any, int] = {}

    def read(self, record: Sequence[Any]) -> None:
        rule, *r = record
        if rule in ("atom", "quotient"):
            fields = [r[0]] if rule == "atom" else [_F(r[0]), r[1]]
            self.steps.append(_Step(rule, fields, atom=self._atoms))
            self._atoms += 1
        elif rule == "within":
            self.steps.append(_Step(rule, [_Atom(r[0]), self._field(r[1])]))
        elif rule in ("and", "mask", "value"):
            self.steps.append(_Step(rule, [self._field(v) for v in r]))
        elif rule != "shown":
            self.steps.append(_Step(*self._fact(rule, r), fact=self._facts))
            self._facts += 1

    @staticmethod
    def _field(v: Any) -> Any:
        return _F(v.number) if isinstance(v, (Fact, Multiple)) else _P(dict(v)) if isinstance(v, dict) else v

    def _fact(self, rule: str, r: Sequence[Any]) -> tuple[str, list[Any]]:
        P = _poly(r[0])
        match rule:
            case "given" | "given multiple":
                bits = self._given.get(self._facts)
                if bits is not None:
                    return bits[0], bits[1:]
                self._known += 1
                return "known", [self._known - 1]
            case "suppose":
                self._supposed[_key(r[0], r[3], r[4])] = self._facts
                return rule, [P, _end(r[3]), _end(r[4])]
            case "derive":
                return rule, [P, r[5], _terms(r[3]), _products(r[4])]
            case "meet":
                return rule, [_facts(r[3])]
            case "whole":
                return rule, [_F(r[3]), _F(r[4])]
            case "multiple":
                return rule, [P, r[1], _products(r[3])]
            case "congruent":
                return rule, [P, r[1]]
            case "transfer":
                return rule, [_F(r[3]), P, _products(r[4]), _products(r[5])]
            case "cases":
                on = [self._supposed[_key(*s)] for s in r[4]]
                return rule, [P, r[1] if r[2] is None else 0, _facts(r[3]), _facts(on)]
        raise ValueError(f"a record {rule!r}")


def _key(plain: Iterable[Sequence[Any]], lo: int | None, hi: int | None) -> Any:
    return frozenset((tuple(m), c) for m, c in plain), lo, hi


def _needs(v: Any) -> tuple[set[int], set[int]]:
    """The atoms and facts that a field speaks of."""
    if isinstance(v, _F):
        return set(), {v.n}
    if isinstance(v, _Atom):
        return {v.n}, set()
    if isinstance(v, _P):
        return {a for m in v.terms for a in m}, set()
    atoms: set[int] = set()
    facts: set[int] = set()
    for part in v.parts if isinstance(v, _List) else ():
        more = _needs(part)
        atoms |= more[0]
        facts |= more[1]
    return atoms, facts


def lines_of(log: Iterable[Sequence[Any]], given: Mapping[int, list[Any]], shown: Mapping[int, int]) -> list[str]:
    """The lines of an argument: of all values, and of what they and the facts of `shown`, by relation, need."""
    reader = _Reader(given)
    for record in log:
        reader.read(record)
    atoms: set[int] = set()
    facts = set(shown.values())
    kept: list[_Step] = []
    for step in reversed(reader.steps):
        if step.atom is not None and step.atom not in atoms and step.rule != "atom":
            continue
        if step.fact is not None and step.fact not in facts:
            continue
        kept.append(step)
        for v in step.fields:
            more = _needs(v)
            atoms |= more[0]
            facts |= more[1]
    number: dict[str, dict[int, int]] = {"atom": {}, "fact": {}}

    def text(v: Any) -> str:
        match v:
            case _F(n):
                return str(number["fact"][n])
            case _Atom(n):
                return str(number["atom"][n])
            case _P(terms):
                return text_of({tuple(sorted(number["atom"][a] for a in m)): c for m, c in terms.items()})
            case _List(parts):
                return "".join(map(text, parts))
        return str(v)

    lines = [HEAD]
    for step in reversed(kept):
        lines.append(" ".join([step.rule, *map(text, step.fields)]))
        for kind, n in (("atom", step.atom), ("fact", step.fact)):
            if n is not None:
                number[kind][n] = len(number[kind])
    return lines + [f"claim {k} {number['fact'][n]}" for k, n in shown.items()]
