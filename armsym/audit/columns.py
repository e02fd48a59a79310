"""Runs raw programs: on one input, or on all values of a few bits at once, a column of values an instruction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product

from armsym.audit.functions import definition
from armsym.audit.raw import Instruction, ones

__all__ = ["Opaque", "columns", "follow", "run", "submasks"]

#: A function that has no definition: its name and arguments, to a number.
Opaque = Callable[[str, tuple[int, ...]], int]


def submasks(bits: int) -> list[int]:
    """All numbers with 1s only where `bits` has, ascending."""
    out = [0]
    while bits:
        low = bits & -bits
        out += [value | low for value in out]
        bits ^= low
    return out


def columns(
    program: Sequence[Instruction], cut: Mapping[int, Sequence[int]], order: Iterable[int]
) -> dict[int, list[int]]:
    """The values of the instructions `order`, one by one, for all combinations of those of the instructions `cut`.

    Raises KeyError of an operand without values yet, and of what has none: a Var, a function without a definition.
    """
    rows = list(product(*cut.values()))
    return follow(program, {node: [row[k] for row in rows] for k, node in enumerate(cut)}, len(rows), order)


def follow(
    program: Sequence[Instruction], out: dict[int, list[int]], rows: int, order: Iterable[int]
) -> dict[int, list[int]]:
    """Adds columns of so many rows of the instructions `order`, one by one, to those known; raises as `columns`."""
    for i in order:
        match program[i]:
            case ("Const", value):
                out[i] = [value] * rows
            case ("Xor", a, b):
                out[i] = [x ^ y for x, y in zip(out[a], out[b], strict=True)]
            case ("And", a, b):
                out[i] = [x & y for x, y in zip(out[a], out[b], strict=True)]
            case ("Shl", a, by):
                out[i] = [x << by for x in out[a]]
            case ("Shr", a, by):
                out[i] = [x >> by for x in out[a]]
            case ("Mask", a, bits):
                out[i] = [x & bits for x in out[a]]
            case ("Add", width, a, b):
                out[i] = [x + y & ones(width) for x, y in zip(out[a], out[b], strict=True)]
            case ("Mulc", width, a, factor):
                out[i] = [x * factor & ones(width) for x in out[a]]
            case ("App", name, operands, bits):
                known = definition(name)
                if known is None or known[0] != len(operands):
                    raise KeyError(i)
                out[i] = [known[1](*xs) & bits for xs in zip(*(out[a] for a in operands), strict=True)]
            case _:
                raise KeyError(i)
    return out


def run(program: Sequence[Instruction], inputs: Callable[[str, int], int], opaque: Opaque) -> list[int]:
    """The value of every instruction (of place 0: 0).

    `inputs` gives an input's value of its name and bits, `opaque` the value of a function without a definition.
    Both are masked by the bits of the instruction.
    """
    out = [0] * len(program)
    for i, x in enumerate(program):
        if i == 0:
            continue
        match x:
            case ("Var", name, bits):
                out[i] = inputs(name, bits) & bits
            case ("App", name, operands, bits):
                values = tuple(out[a] for a in operands)
                known = definition(name)
                plain = known is not None and known[0] == len(operands)
                out[i] = (known[1](*values) if known and plain else opaque(name, values)) & bits
            case ("Const", value):
                out[i] = value
            case ("Xor", a, b):
                out[i] = out[a] ^ out[b]
            case ("And", a, b):
                out[i] = out[a] & out[b]
            case ("Shl", a, by):
                out[i] = out[a] << by
            case ("Shr", a, by):
                out[i] = out[a] >> by
            case ("Mask", a, bits):
                out[i] = out[a] & bits
            case ("Add", width, a, b):
                out[i] = out[a] + out[b] & ones(width)
            case ("Mulc", width, a, factor):
                out[i] = out[a] * factor & ones(width)
            case _:
                raise ValueError(f"instruction {i}, {x!r:.200}, is none")
    return out
