"""Checks claims that instructions of a raw program have equal values.  The steps that hints may do: rules.py.

Fails closed: what is no program, no hint or no claim, and a step whose conditions do not hold, are refused
(RefusedError).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from armsym.audit.hints import MOST_BITS, Certificate, Hint, need_name
from armsym.audit.raw import Instruction, Program
from armsym.audit.rules import Checker, RefusedError, natural, need

__all__ = ["Checker", "RefusedError", "check", "check_certificate", "well_formed"]

_FIELDS = {"Xor": "aa", "And": "aa", "Shl": "ad", "Shr": "ad", "Mask": "ak", "Add": "daa", "Mulc": "dak"}


def _well_formed(number: int, x: Instruction) -> bool:
    """Whether operands come earlier and numbers are natural ones."""
    match x:
        case ("Const", value):
            return natural(value)
        case ("Var", str(), bits):
            return natural(bits)
        case ("App", str(), tuple() as operands, bits):
            return natural(bits) and all(type(a) is int and 0 < a < number for a in operands)
    shape = _FIELDS.get(x[0] if x else "", "")
    if not shape or len(x) != len(shape) + 1:
        return False
    for value, kind in zip(x[1:], shape, strict=True):
        if not natural(value):
            return False
        if (kind == "a" and not 0 < value < number) or (kind == "d" and value > MOST_BITS):
            return False
    return True


def well_formed(checker: Checker) -> None:
    """Raises RefusedError unless operands come earlier, and numbers are natural ones of at most MOST_BITS bits."""
    for number, x in enumerate(checker.program):
        if number and not _well_formed(number, x):
            raise RefusedError(f"instruction {number}, {x!r:.200}, is none")
        if number and x[0] in ("App", "Var"):
            try:
                need_name(x[1])
            except ValueError as error:
                raise RefusedError(f"instruction {number}: {error}") from None
    for node, value in checker.given.items():
        need(checker.is_node(node) and natural(value), f"the fact {node!r} = {value!r:.200} is none")


def _check_claims(checker: Checker, claims: Iterable[Any]) -> list[tuple[int, int]]:
    claimed = list(claims)
    for claim in claimed:
        ok = type(claim) is tuple and len(claim) == 2 and all(map(checker.is_node, claim))
        need(ok, f"the claim {claim!r:.200} is none")
    return [(left, right) for left, right in claimed if not checker.same(left, right)]


def check(
    program: Program | Sequence[Instruction],
    hints: Iterable[Hint],
    given: Mapping[int, int],
    claims: Iterable[tuple[int, int]],
) -> list[tuple[int, int]]:
    """The claims that the hints do not show: empty where all pairs are equal in every run that has the facts.

    `given` are the facts: values of instructions.  Raises RefusedError of a program, a hint or a claim that is none,
    and where a step's condition does not hold: then nothing is shown.
    """
    checker = Checker(program, given)
    well_formed(checker)
    for hint in hints:
        checker.step(hint)
    return _check_claims(checker, claims)


def check_certificate(certificate: Certificate) -> list[list[tuple[int, int]]]:
    """The claims that are not shown, of each part.  Raises RefusedError as `check`."""
    well_formed(Checker(certificate.program))
    ended: list[Checker] = []
    out = []
    for number, part in enumerate(certificate.parts, 1):
        need(0 <= part.start < number, f"part {number} starts from part {part.start}, which is not an earlier one")
        before = ended[part.start - 1] if part.start else Checker(certificate.program)
        checker = before.continued(part.given)
        for node, value in part.given.items():
            need(checker.is_node(node) and natural(value), f"the fact {node!r} = {value!r:.200} is none")
        for hint in part.hints:
            checker.step(hint)
        out.append(_check_claims(checker, part.claims))
        ended.append(checker)
    return out
