"""Where code and a function that is taken step by step meet: values that both have, found by running both on numbers.

The forms of what comes after are made of these, as atoms, and not of all that came before.  Untrusted.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from armsym.audit.check import RefusedError
from armsym.audit.evaluate import value_of
from armsym.audit.forms import reach
from armsym.audit.functions import definition
from armsym.audit.raw import Program, ones
from armsym.certify.cones import cone, operands
from armsym.certify.layer import Layer

__all__ = ["learn"]

#: A form of fewer terms needs no name: one that the code has, too, and one that it has not.
_FEW, _MANY = 4, 256
#: And one of more terms is given up.
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
    """Give names to what the steps come to, the first step first; where the code has the same, to that, too."""
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
            _name(layer, n, same, _FEW if same else _MANY)


def _name(layer: Layer, node: int, same: Sequence[int], least: int) -> None:
    for n in cone(layer.program, [node, *same]):
        layer.process(n)
    try:
        p = layer.poly(node)
        if len(p[1]) < least:
            return
        width = max(reach(p).bit_length(), 1)
        name = layer.program.mask(node, ones(width))
        layer.hint("poly", name)
        layer.hint("sumatom", name, width)
        shown = [n for n in (node, *same) if n != name and layer.poly(n) == layer.poly(name)]
        # By the sum that is the name itself they are known after its poly has changed.
        for n in shown:
            layer.hint("same", n, name)
        layer.hint("polyatom", name)
        layer.done[name] = "poly"
        for n in shown:
            layer.hint("same", n, name)
    except (RefusedError, KeyError, RecursionError):
        return
