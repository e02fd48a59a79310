"""Nodes are counted from 1, as Coq's numbers are: of node 0 the theorem about the checker in OCaml says nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from proved_checkers import with_tools

from armsym.audit import proved
from armsym.audit.bundle import Relation
from armsym.audit.certified import Asked, asked
from armsym.audit.integers import HEAD, check_relations
from armsym.audit.raw import Program
from armsym.audit.rules import RefusedError

#: Steps that speak of node 0; after each, that node 1 is from 0 to 7, which is so.
STEPS = [
    ["atom 0"],
    ["bits 0"],
    ["value 0 const"],
    ["and 0 1 2"],
    ["and 3 0 2"],
    ["and 3 1 0"],
    ["mask 0 1 3"],
    ["mask 3 0 3"],
    ["atom 2", "value 3 and 0 0 3"],
]
TRUE = Relation("it", 0, 0, 7, ((1, (1,)),))


def _program() -> Program:
    p = Program()
    p.and_(p.var("a", 7), p.var("b", 7))
    return p


def _lines(steps: list[str]) -> list[str]:
    return [HEAD, "atom 1", "bits 1", *steps, "claim 0 0"]


def _true() -> Asked:
    return asked(_program(), [], [TRUE], _lines([]))


@pytest.mark.parametrize("steps", STEPS, ids=lambda s: s[-1])
def test_arguments_about_node_0_are_asked_of_nobody(steps: list[str]) -> None:
    assert check_relations(_program(), [], [TRUE], _lines([])) == []
    with pytest.raises(RefusedError):
        check_relations(_program(), [], [TRUE], _lines(steps))
    with pytest.raises(RefusedError):
        asked(_program(), [], [TRUE], _lines(steps))


def test_the_checker_in_ocaml_does_not_read_node_0() -> None:
    """Also where Python would ask it."""
    with_tools("coqc", "ocamlfind")
    good = _true()
    assert proved.ocaml_relations([good]) == [{0}]
    for steps in (["atom 0"], ["bits 0"], ["value 0 const"], ["and 3 0 2"], ["atom 2", "value 3 and 0 0 3 2"]):
        with pytest.raises(proved.CheckerError, match="is no certificate"):
            proved.ocaml_relations([replace(good, lines=_lines(steps))])
    with pytest.raises(proved.CheckerError, match="is no certificate"):
        proved.ocaml_relations([replace(good, claimed=[replace(TRUE, terms=((1, (0,)),))])])
