"""Arguments for `armsym.audit.integers`, found by the engine's search on the values of nodes.  Untrusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from armsym.audit.bundle import Relation
from armsym.audit.raw import Program
from armsym.certify.argument_lines import lines_of
from armsym.certify.node_values import NodeValues
from armsym.integers.claims import Argument
from armsym.integers.expression import Integer, Leaf
from armsym.integers.expression import Relation as Claimed
from armsym.integers.polynomial import Polynomial
from armsym.terms.node import Term

__all__ = ["shown_relations"]


class _Node(Term):
    """A node in the place of a term."""

    __slots__ = ("node",)

    def __init__(self, node: int) -> None:
        self.node, self.width, self.pb, self.id = node, 64, (1 << 64) - 1, -node


class _Argument(Argument):
    """The engine's search about integers, of nodes instead of terms."""

    def __init__(self, program: Program, known: Sequence[Claimed], asked: Sequence[Claimed], *, names: bool) -> None:
        self.log: list[list[Any]] = []
        super().__init__(known, asked, self.log, name_factors=names)
        self.nodes = NodeValues(self.kernel, program, self.log, name_factors=names)
        self.translator = self.nodes

    def _leaf(self, leaf: Leaf) -> Polynomial:
        assert isinstance(leaf, tuple)
        assert isinstance(leaf[2], _Node)
        return self.nodes.node(leaf[2].node)


def shown_relations(
    program: Program, known: Sequence[Relation], claimed: Sequence[Relation]
) -> tuple[list[str], list[tuple[Relation, str]]]:
    """The lines of an argument, and the claimed relations that it does not show, with what was not found.

    `program` grows by instructions that the argument needs.
    """
    terms: dict[int, _Node] = {}

    def integer(r: Relation) -> Claimed:
        made: dict[tuple[Leaf, ...], int] = {}
        for factor, nodes in r.terms:
            made[tuple((False, 64, terms.setdefault(n, _Node(n))) for n in nodes)] = factor
        return Claimed(((Integer(made), r.modulus, r.low, r.high),))

    given, asked = [integer(r) for r in known], [integer(r) for r in claimed]
    lines: list[str] = []
    left = dict.fromkeys(range(len(claimed)), "")
    for names in (False, True):
        argument = _Argument(program, given, asked, names=names)
        shown: dict[int, int] = {}
        for k in list(left):
            found = argument.show(k)
            if found.holds:
                shown[k] = next(r[1] for r in reversed(argument.log) if r[0] == "shown")
                del left[k]
            else:
                left[k] = found.detail
        if shown:
            lines += lines_of(argument.log, argument.nodes.given, shown)
        if not left:
            break
    return lines, [(claimed[k], why) for k, why in left.items()]
