"""Where code and a function that is taken step by step meet: values that both have, found by running both on numbers.

The forms of what comes after are made of these, as atoms, and not of all that came before.  Untrusted.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from armsym.audit.check import RefusedError
from armsym.audit.evaluate import value_of
from armsym.audit.functions import definition
from armsym.audit.raw import Program, ones
from armsym.certify.cones import cone, operands
from armsym.certify.layer import WORD, Layer

__all__ = ["learn"]

#: A form of fewer terms needs no name: one that the code has, too, and one that it has not.
_FEW, _MANY = 4, 256
#: And an XOR of more terms is given one, whatever it is.
_MOST = 2048


def _values(program: Program, nodes: Sequence[int]) -> dict[int, int]:
    """What nodes come to, operands first, for inputs by chance."""
    rng, values = random.Random(0), {}
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
