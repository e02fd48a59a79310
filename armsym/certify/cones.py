"""What instructions are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from armsym.audit.raw import Instruction, Program

__all__ = ["cone", "operands"]


def operands(x: Instruction) -> Sequence[int]:
    """The numbers of the instructions that x is made of."""
    match x[0]:
        case "App":
            out: Sequence[int] = x[2]
            return out
        case "Xor" | "And":
            return x[1:3]
        case "Shl" | "Shr" | "Mask":
            return x[1:2]
        case "Add":
            return x[2:4]
        case "Mulc":
            return x[2:3]
    return ()


def cone(program: Program, roots: Iterable[int]) -> list[int]:
    """All that the roots are made of and they themselves, operands first."""
    seen: set[int] = set()
    work = list(roots)
    while work:
        i = work.pop()
        if i not in seen:
            seen.add(i)
            work.extend(operands(program[i]))
    return sorted(seen)
