"""Words as linear forms: what an address is made of, where it is a sum."""

from __future__ import annotations

from armsym.audit.raw import Program, ones

__all__ = ["linear"]


def linear(program: Program, node: int, width: int = 64) -> tuple[int, dict[int, int]]:
    """(c, {n: k, ...}): the value of `node` is c + sum of k * value of n, all modulo 2^width.

    No coefficient is 0.  Only what holds for all values is looked through: constants; sums and multiples modulo 2^w
    and masks of w ones with w >= width; shifts to the left; XOR with all ones; inputs that are multiples of 2^width.
    Everything else stands for itself.
    """
    constant, form = 0, {node: 1}
    done: dict[int, int] = {}
    while form:
        # The highest number first: what it is made of comes before it, so nothing is met again once it is done.
        number = max(form)
        factor = form.pop(number)
        if not factor:
            continue
        instruction = program[number]
        kind = instruction[0]
        parts: tuple[tuple[int, int], ...]
        if kind == "Const":
            constant += factor * int(instruction[1])
            continue
        if kind == "Add" and instruction[1] >= width:
            parts = ((instruction[2], 1), (instruction[3], 1))
        elif kind == "Mulc" and instruction[1] >= width:
            parts = ((instruction[2], instruction[3]),)
        elif kind == "Shl":
            parts = ((instruction[1], 1 << min(instruction[2], width)),)
        elif kind == "Mask" and instruction[2] & ones(width) == ones(width):
            parts = ((instruction[1], 1),)
        elif kind == "Xor" and (parts := _inverted(program, instruction[1], instruction[2], width)):
            constant -= factor  # all ones XOR a is -a - 1
        elif kind == "Var" and not factor * (instruction[2] & -instruction[2]) & ones(width):
            continue  # a multiple of 2^width: of an aligned address, whose low bits are asked for
        else:
            done[number] = factor
            continue
        for part, times in parts:
            form[part] = form.get(part, 0) + factor * times & ones(width)
    return constant & ones(width), done


def _inverted(program: Program, a: int, b: int, width: int) -> tuple[tuple[int, int], ...]:
    most = ones(width)
    for number, other in ((a, b), (b, a)):
        if program[other][0] == "Const" and program[other][1] & most == most:
            return ((number, most),)
    return ()
