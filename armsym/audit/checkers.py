"""Who shows the equalities of an audit: Python's checker, the one extracted from Coq, or Coq's kernel."""

from __future__ import annotations

from typing import Literal, TypeAlias

from armsym.audit import proved
from armsym.audit.audit import Shows
from armsym.audit.check import RefusedError, check_certificate
from armsym.audit.hints import Certificate

__all__ = ["ACCEPTED_BY", "Name", "checker"]

Name: TypeAlias = Literal["python", "ocaml", "coq"]

#: What each is, for the report.
ACCEPTED_BY: dict[Name, str] = {
    "python": "armsym/audit/check.py",
    "ocaml": "the checker extracted from Coq (OCaml)",
    "coq": "Coq's kernel, a theorem each that rests on no axiom",
}


def _ocaml(certificate: Certificate) -> list[list[tuple[int, int]]]:
    try:
        (opens,) = proved.ocaml([certificate])
    except proved.CheckerError as e:
        raise RefusedError(str(e)) from None
    if opens is None:
        raise RefusedError("the checker extracted from Coq refuses a step")
    return opens


def _coq(certificate: Certificate) -> list[list[tuple[int, int]]]:
    try:
        proved.kernel(certificate)
    except proved.CheckerError as e:
        raise RefusedError(str(e)) from None
    return [[] for _ in certificate.parts]


def checker(name: Name) -> Shows:
    """The checker of this name, made ready: its sources are compiled where they are not yet.

    Raises `CheckerUnavailableError` without the programs that it needs, `CheckerError` where they cannot compile it.
    """
    if name == "python":
        return check_certificate
    if name == "ocaml":
        proved.executable()
        return _ocaml
    proved.library()
    return _coq
