"""Where code and a function that is taken step by step meet: values that both have, found by running both on numbers.

The forms of what comes after are made of these, as atoms, and not of all that came before.  Untrusted.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from armsym.audit.check import RefusedError
from armsym.audit.evaluate import value_of
from armsym.audit.functions import definition
from armsym.audit.raw import Program, ones
from armsym.certify.cones import cone, operands
from armsym.certify.factors import FIELD
from armsym.certify.layer import WORD, Layer

__all__ = ["Meetings", "learn", "meet"]

#: A form of fewer terms needs no name: one that the code has, too, and one that it has not.
_FEW, _MANY = 4, 256
#: And an XOR of more terms is given one, whatever it is.
_MOST = 2048


def _values(program: Program, nodes: Sequence[int]) -> dict[int, int]:
    """What nodes come to, operands first, for inputs by chance."""
    rng, values = random.Random(0), dict[int, int]()
    for n in nodes:
        i = program[n]
        if i[0] == "Var" or (i[0] == "App" and definition(i[1]) is None):
            # (Equal arguments of an unknown function may get other values: then what is made of them is not found.)
            values[n] = rng.getrandbits(int(i[-1]).bit_length() or 1) & int(i[-1])
        else:
            values[n] = value_of(i, [values[a] for a in operands(i)])
    return values


def learn(layer: Layer, landmarks: Sequence[tuple[int, ...]], roots: Sequence[int]) -> None:
    """Give names to what the steps come to, the first step first; where the code has the same, to that, too.

    Code may put a rotation off, and have a word rotated: that is made of the same name.
    """
    if not landmarks:
        return
    program = layer.program
    # What is not found to be made of steps may otherwise have as many terms as there are steps, and more.
    layer.most_terms = _MOST
    nodes = cone(program, [*roots, *(n for step in landmarks for n in step)])
    values = _values(program, nodes)
    having: dict[int, list[int]] = {}
    for n in nodes:
        if program[n][0] not in ("Const", "Var"):
            having.setdefault(values[n], []).append(n)
    for step in landmarks:
        for n in step:
            same = [m for m in having.get(values[n], ()) if m != n]
            turned = [(m, by) for by, value in _turns(values[n]) for m in having.get(value, ())]
            _name(layer, n, same, turned)


@dataclass(frozen=True)
class Meetings:
    """Products of GCM's field that are a fold's steps, where code goes on from them: as words of 64 bits."""

    #: Of each such step, the first first: the nodes that have 64 bits of it, from that bit on.
    parts: dict[int, list[tuple[int, int]]]
    #: Claims that speak of what comes after one.
    after: set[tuple[int, int]]

    @staticmethod
    def of(program: Program, steps: Sequence[int], claims: Sequence[tuple[int, int]]) -> Meetings:
        """Those of the steps that what is claimed is made of, found by running it on numbers."""
        if not any(program[y][:2] == ("App", FIELD) for y in steps):
            return Meetings({}, set())
        nodes = cone(program, [n for claim in claims for n in claim])
        values, apart = _values(program, nodes), _carryless(program, nodes)
        having: dict[int, list[int]] = {}
        for n in cone(program, [x for c in apart for x in operands(program[c])]):
            if program[n][0] not in ("Const", "Var"):
                having.setdefault(values[n], []).append(n)
        parts = dict[int, list[tuple[int, int]]]()
        for y in steps:
            if y in values and program[y][:2] == ("App", FIELD):
                found = [(n, low) for low in (0, WORD) for n in having.get(values[y] >> low & ones(WORD), ())]
                if {low for _, low in found} == {0, WORD}:
                    parts[y] = found
        later = {n for found in parts.values() for n, _ in found}
        multiplied = set[int]()
        for n in nodes:  # operands first
            if not later.isdisjoint(operands(program[n])):
                later.add(n)
                if program[n][:2] == ("App", "clmul") or not multiplied.isdisjoint(operands(program[n])):
                    multiplied.add(n)
        return Meetings(parts, {c for c in claims if not multiplied.isdisjoint(c)})


def _carryless(program: Program, nodes: Sequence[int]) -> list[int]:
    return [n for n in nodes if program[n][:2] == ("App", "clmul")]


def meet(layer: Layer, meetings: Meetings) -> None:
    """Give names to the steps, and to the code's parts of them.

    Products of what comes after have these as factors, then, and not sums of products of all that was before.
    """
    for y, parts in meetings.parts.items():
        _meet(layer, y, parts)


def _meet(layer: Layer, y: int, parts: Sequence[tuple[int, int]]) -> None:
    program = layer.program
    for n in _waiting(layer, [y, *(n for n, _ in parts)]):
        layer.process(n)
    try:
        own = {0: program.mask(y, ones(WORD)), WORD: program.shr(y, WORD)}
        for n in own.values():
            layer.process(n)
        # (One that is an atom needs no name.)
        if len(layer.poly(y)[1]) > 1 and all(layer.equal(n, own[low]) for n, low in parts):
            layer.name(y, parts=parts)
    except (RefusedError, KeyError, RecursionError):
        return


def _turns(value: int) -> Iterator[tuple[int, int]]:
    """A word rotated right by each number of bits, where that is another word."""
    if value <= ones(WORD):
        for by in range(1, WORD):
            turned = value >> by | (value & ones(by)) << WORD - by
            if turned != value:
                yield by, turned


def _waiting(layer: Layer, roots: Sequence[int]) -> list[int]:
    """Those without a form that the roots are made of, and they themselves, operands first."""
    seen: set[int] = set()
    todo = list(roots)
    while todo:
        n = todo.pop()
        if n not in seen and n not in layer.done:
            seen.add(n)
            todo += operands(layer.program[n])
    return sorted(seen)


def _name(layer: Layer, node: int, same: Sequence[int], turned: Sequence[tuple[int, int]]) -> None:
    for n in _waiting(layer, [node, *same, *(n for n, _ in turned)]):
        layer.process(n)
    try:
        if len(layer.poly(node)[1]) >= (_FEW if same or turned else _MANY):
            layer.name(node, same, turned)
    except (RefusedError, KeyError, RecursionError):
        return
