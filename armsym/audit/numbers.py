"""Numbers and forms written in another way."""

from __future__ import annotations

from math import gcd

from armsym.audit.farkas import Form, plus
from armsym.audit.raw import ones

__all__ = ["replaced", "signed", "smallest"]


def signed(value: int, width: int) -> int:
    """The number of `width` bits in two's complement."""
    value &= ones(width)
    return value - (1 << width) if width and value >> width - 1 else value


def smallest(form: Form) -> Form:
    """A form that is at least 0 for the same integers, its factors without a common divisor."""
    divisor = gcd(*form[1].values())
    if divisor < 2:
        return form
    return form[0] // divisor, {n: k // divisor for n, k in form[1].items()}


def replaced(form: Form, node: int, value: Form) -> Form:
    """The form with another in the place of a node."""
    factor = form[1].get(node)
    if factor is None:
        return form
    return plus((form[0], {n: k for n, k in form[1].items() if n != node}), value, factor)
