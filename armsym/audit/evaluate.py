"""Raw programs on numbers: what each instruction gives, once its operands and inputs are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from armsym.audit.meanings import meaning
from armsym.audit.raw import Instruction, Program, ones

__all__ = ["Meanings", "evaluate", "made_of", "operands", "value_of"]


def operands(instruction: Instruction) -> tuple[int, ...]:
    """The numbers of the instructions whose values this one takes, in order."""
    kind = instruction[0]
    if kind in {"Xor", "And"}:
        return instruction[1:]
    if kind in {"Shl", "Shr", "Mask"}:
        return (instruction[1],)
    if kind == "Add":
        return instruction[2:]
    if kind == "Mulc":
        return (instruction[2],)
    if kind == "App":
        return tuple(instruction[2])
    if kind in {"Const", "Var"}:
        return ()
    raise ValueError(f"not an operation of raw programs: {kind!r}")


def made_of(program: Program, nodes: Iterable[int]) -> set[int]:
    """The nodes, and all that they are made of."""
    seen: set[int] = set()
    todo = list(nodes)
    while todo:
        n = todo.pop()
        if n not in seen:
            seen.add(n)
            todo += operands(program[n])
    return seen


#: What a function means, by its name; None where nothing is known of it.
Meanings: TypeAlias = Callable[[str], Callable[..., int] | None]


def value_of(instruction: Instruction, values: Sequence[int], meanings: Meanings = meaning) -> int:
    """The value of an instruction (no `Var`) whose operands, in the order of `operands`, have these values.

    Raises `ValueError` for a function without a meaning, and where its result is not within what the instruction says.
    """
    kind = instruction[0]
    if kind == "Const":
        return int(instruction[1])
    if kind == "Xor":
        return values[0] ^ values[1]
    if kind == "And":
        return values[0] & values[1]
    if kind == "Shl":
        return values[0] << int(instruction[2])
    if kind == "Shr":
        return values[0] >> int(instruction[2])
    if kind == "Mask":
        return values[0] & int(instruction[2])
    if kind == "Add":
        return values[0] + values[1] & ones(instruction[1])
    if kind == "Mulc":
        return values[0] * int(instruction[3]) & ones(instruction[1])
    if kind == "App":
        name, bits = instruction[1], instruction[3]
        function = meanings(name)
        if function is None:
            raise ValueError(f"nothing is known of the function {name!r}")
        value = function(*values)
        if value & ~bits:
            raise ValueError(f"{name}{tuple(values)} is {value:#x}, which is not within {bits:#x}")
        return value
    raise ValueError(f"not an operation that has a value of its own: {kind!r}")


def evaluate(
    program: Program,
    inputs: Mapping[str, int] | Callable[[str, Sequence[int]], int],
    meanings: Meanings = meaning,
) -> list[int]:
    """The value of every instruction; place 0 holds 0.

    `inputs` tells the value of each `Var`; a function is also given the values of all earlier instructions (an input
    that is loaded from memory may depend on them).
    Raises `ValueError` where an input is missing or not within its bits, or a function has no meaning.
    """
    values = [0]
    for number in range(1, len(program)):
        instruction = program[number]
        if instruction[0] == "Var":
            name, bits = instruction[1], instruction[2]
            if callable(inputs):
                value = inputs(name, values)
            elif name in inputs:
                value = inputs[name]
            else:
                raise ValueError(f"the input {name!r} has no value")
            if value & ~bits or value < 0:
                raise ValueError(f"the input {name!r} is {value:#x}, which is not within {bits:#x}")
        else:
            value = value_of(instruction, [values[a] for a in operands(instruction)], meanings)
        values.append(value)
    return values
