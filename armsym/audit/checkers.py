"""Who accepts what paths leave to be shown: Python's checker, the one extracted from Coq, or Coq's kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias, TypeVar

from armsym.audit import proved
from armsym.audit.audit import Checker
from armsym.audit.bundle import Relation
from armsym.audit.certified import asked
from armsym.audit.check import RefusedError
from armsym.audit.goals import Goal, Goals
from armsym.audit.hints import Certificate
from armsym.audit.raw import Program

__all__ = ["ACCEPTED_BY", "Name", "checker"]

Name: TypeAlias = Literal["python", "ocaml", "coq"]

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")

#: What each is, for the report.
ACCEPTED_BY: dict[Name, str] = {
    "python": "Python's checker (armsym/audit/check.py, farkas.py, integers.py)",
    "ocaml": "the checker extracted from Coq (OCaml)",
    "coq": "Coq's kernel, as theorems that rest on no axiom",
}


def _ocaml(certificate: Certificate) -> list[list[tuple[int, int]]]:
    (opens,) = _told(proved.ocaml, [certificate])
    if opens is None:
        raise RefusedError("the checker extracted from Coq refuses a step")
    return opens


def _coq(certificate: Certificate) -> list[list[tuple[int, int]]]:
    _told(proved.kernel, certificate)
    return [[] for _ in certificate.parts]


def _ocaml_linear(goals: Sequence[Goals]) -> list[Goal]:
    return _told(proved.ocaml_linear, goals)


def _coq_linear(goals: Sequence[Goals]) -> list[Goal]:
    _told(proved.kernel_linear, goals)
    return []


def _ocaml_relations(
    program: Program, known: Sequence[Relation], claimed: Sequence[Relation], lines: Sequence[str]
) -> list[Relation]:
    (shown,) = _told(proved.ocaml_relations, [asked(program, known, claimed, lines)])
    if shown is None:
        raise RefusedError("the checker extracted from Coq refuses a step")
    return [r for k, r in enumerate(claimed) if k not in shown]


def _coq_relations(
    program: Program, known: Sequence[Relation], claimed: Sequence[Relation], lines: Sequence[str]
) -> list[Relation]:
    _told(proved.kernel_relations, asked(program, known, claimed, lines))
    return []


def _told(ask: Callable[[_Asked], _Answer], what: _Asked) -> _Answer:
    """The answer; a tool that fails has shown nothing."""
    try:
        return ask(what)
    except proved.CheckerError as e:
        raise RefusedError(str(e)) from None


def checker(name: Name) -> Checker:
    """The checker of this name, made ready: its sources are compiled where they are not yet.

    Raises `CheckerUnavailableError` without the programs that it needs, `CheckerError` where they cannot compile it.
    """
    if name == "python":
        return Checker()
    if name == "ocaml":
        proved.executable()
        return Checker(_ocaml, _ocaml_linear, _ocaml_relations, rounding=False)
    proved.library()
    return Checker(_coq, _coq_linear, _coq_relations, rounding=False)
