"""Words that are sums of others modulo 2^w, by their instructions alone (coq/Sums.v)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from armsym.audit.farkas import Form, plus, times
from armsym.audit.ranges import reaches
from armsym.audit.raw import Program, ones

__all__ = ["WIDTH", "Number", "equal_sums", "sums"]

#: Of what the words have that an audit compares so.
WIDTH = 64


def sums(program: Program, nodes: Iterable[int], width: int = WIDTH) -> tuple[dict[int, Form], dict[int, int]]:
    """For each node, and each that it is a sum of, that sum modulo 2^width; and what `reaches` tells of those asked.

    A sum of several words, a multiple or a shift to the left is looked through, where nothing is lost below 2^width;
    so are a mask that keeps all, or `width` bits; XOR of words that have no bit in common; and XOR with all ones.
    What else there is stands for itself.
    """
    known: dict[int, Form] = {}
    most: dict[int, int] = {}
    todo = list(nodes)
    while todo:
        n = todo[-1]
        parts = _parts(program, n, width, most)
        missing = [p for p in parts if p not in known]
        if missing:
            todo += missing
            continue
        todo.pop()
        form = _sum(program, n, [known[p] for p in parts], width, most)
        known[n] = form[0] & ones(width), {m: k & ones(width) for m, k in form[1].items() if k & ones(width)}
    return known, most


def _parts(program: Program, n: int, width: int, most: dict[int, int]) -> tuple[int, ...]:
    """Of which words the node is a sum; none where it stands for itself, or is a constant."""
    match program[n]:
        case ("Add", w, a, b):
            return (a, b) if w >= width else ()
        case ("Mulc", w, a, _):
            return (a,) if w >= width else ()
        case ("Shl", a, _):
            return (a,)
        case ("Mask", a, k):
            most |= reaches(program, (a,))
            return (a,) if k & ones(width) == ones(width) or not most[a] & ~k else ()
        case ("Xor", a, b):
            most |= reaches(program, (a, b))
            inverted = any(program[c][0] == "Const" and program[c][1] & ones(width) == ones(width) for c in (a, b))
            return (a, b) if inverted or not most[a] & most[b] else ()
    return ()


def _sum(program: Program, n: int, parts: list[Form], width: int, most: dict[int, int]) -> Form:
    i = program[n]
    if i[0] == "Const":
        return i[1], {}
    if not parts:
        return 0, {n: 1}
    if i[0] == "Xor" and most[i[1]] & most[i[2]]:
        one, other = parts if parts[0] == (ones(width), {}) else reversed(parts)
        return plus(one, other, -1)
    if i[0] in ("Xor", "Add"):
        return plus(parts[0], parts[1])
    return times(parts[0], i[3] if i[0] == "Mulc" else 1 << min(i[2], width) if i[0] == "Shl" else 1)


def equal_sums(program: Program, a: int, b: int, width: int = WIDTH) -> bool:
    """Whether two words of that width are one sum, and so equal in every run."""
    if any(most & ~ones(width) for most in (reaches(program, (n,))[n] for n in (a, b))):
        return False
    found, _ = sums(program, (a, b), width)
    return found[a] == found[b]


@dataclass(frozen=True)
class Number:
    """That a node of `width` bits is a form wherever that is a number of so many bits, and `values` are what they are.

    `values` says what some nodes are, as forms: they are put in their place.
    """

    node: int
    width: int
    form: Form
    values: Mapping[int, Form]

    def holds(self, program: Program) -> bool:
        """Whether it follows from the instructions."""
        if reaches(program, (self.node,))[self.node] & ~ones(self.width):
            return False
        constant, terms = sums(program, (self.node,), self.width)[0][self.node]
        rest: Form = plus((constant, {}), self.form, -1)
        for n, k in terms.items():
            rest = plus(rest, self.values.get(n, (0, {n: 1})), k)
        return not rest[0] & ones(self.width) and not any(k & ones(self.width) for k in rest[1].values())
