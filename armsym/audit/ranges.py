"""What words of a raw program can be, by their instructions alone (coq/Ranges.v)."""

from __future__ import annotations

from collections.abc import Iterable

from armsym.audit.raw import Program, ones

__all__ = ["reaches"]


def reaches(program: Program, nodes: Iterable[int]) -> dict[int, int]:
    """For each node, and each that it depends on, a number that has a 1 wherever the node's value may have one.

    Those are the node itself, and the operands of XOR, AND, masks and shifts; of all else the instruction alone tells.
    """
    known: dict[int, int] = {}
    todo = list(nodes)
    while todo:
        n = todo[-1]
        i = program[n]
        kind = i[0]
        if kind in ("Const", "Var"):
            known[n] = int(i[-1])
        elif kind == "App":
            known[n] = int(i[3])
        elif kind in ("Add", "Mulc"):
            known[n] = ones(i[1])
        else:
            parts = i[1:] if kind in ("Xor", "And") else i[1:2]
            missing = [p for p in parts if p not in known]
            if missing:
                todo += missing
                continue
            a = known[parts[0]]
            if kind == "Xor":
                known[n] = a | known[parts[1]]
            elif kind == "And":
                known[n] = a & known[parts[1]]
            elif kind == "Mask":
                known[n] = a & int(i[2])
            elif kind == "Shl":
                known[n] = a << i[2]
            else:
                assert kind == "Shr", kind
                known[n] = a >> i[2]
        todo.pop()
    return known
