"""Values that a solver proposes for the inputs of a proof, by what each input *is*.

A model speaks of terms.  Which input a term stands for is known to the symbolic run that made it; a name
shown to people does not tell, for the engine's own variables have names, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from armsym.bits import Bits
from armsym.discharge.z3_bridge import Model
from armsym.symbolic_memory import SymbolicRegion
from armsym.terms.node import Term, ones

__all__ = ["NOTHING_GIVEN", "InputValues", "Recipe", "input_values"]


@dataclass(frozen=True)
class InputValues:
    """Numbers for declared inputs.

    numbers  of each nat and word by its declared name; within its width
    cells    of each declared region by name, and of each global by its symbol: (byte offset, bytes in memory order)
    """

    numbers: Mapping[str, int] = field(default_factory=dict)
    cells: Mapping[str, list[tuple[int, bytes]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """What a state on entry is made from, again and again the same: seeds, a size, and values of declared inputs.

    public, secret, hint  seed what an attacker may and may not know; so many units above the least, for lengths
    values                take the place of what the seeds give
    plain                 None, or the values of registers, by name (`x19`, `v8`), in a state that is otherwise the one
                          `armsym run` begins in: what is not declared is 0, and regions lie where it puts them
    near                  numbers that inputs may be next to, where the seed asks for edges
    """

    public: int
    secret: int
    hint: int
    values: InputValues = InputValues()
    plain: Mapping[str, int] | None = None
    near: tuple[int, ...] = ()


#: Whatever the seeds 0 give.
NOTHING_GIVEN = Recipe(0, 0, 0)


def input_values(
    model: Model, numbers: Mapping[str, Bits], regions: Iterable[tuple[str, SymbolicRegion]]
) -> InputValues:
    """What the model says of these inputs, each under the name given with it.

    A value that its input cannot have (it has more bits, or it lies beyond 2^64 bytes) is no value: it is left out.
    """
    found: dict[str, int] = {}
    for name, b in numbers.items():
        v = b.value
        number = model.variables.get(v.id) if isinstance(v, Term) else v
        if number is not None and 0 <= number <= ones(b.width):
            found[name] = number
    cells: dict[str, list[tuple[int, bytes]]] = {}
    functions = {f"{r.name}[]": (name, r) for name, r in regions}
    for function, args, width, value in model.applications:
        if function not in functions or len(args) != 1:
            continue
        name, r = functions[function]
        if width == 8 * r.cell and 0 <= value <= ones(width):
            data = value.to_bytes(r.cell, "big" if r.order == "big" else "little")
            cells.setdefault(name, []).append((args[0], data))
    return InputValues(found, cells)
