"""Numbers and forms written in another way."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd

from armsym.audit.farkas import Form, plus, times
from armsym.audit.raw import ones
from armsym.audit.words import Words

__all__ = ["bound", "form_node", "replaced", "rounded", "signed", "smallest"]


def form_node(words: Words, form: Form) -> int:
    """The one node that stands for a form modulo 2^64: equal forms give one node."""
    total = words.const(form[0] & ones(64))
    for node in sorted(form[1]):
        factor = form[1][node] & ones(64)
        if factor:
            total = words.add(64, words.mulc(64, node, factor) if factor != 1 else node, total)
    return total


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


def rounded(form: Form, most: Callable[[int], int]) -> Form:
    """The form less what its constant is more than a multiple of what divides all the rest: at least 0 where it is.

    `most`: where a node may have a 1; one of which the lowest k bits are 0 is a multiple of 2^k.
    """
    divisor = gcd(*(k * (most(n) & -most(n)) for n, k in form[1].items()))
    return (form[0] - form[0] % divisor, form[1]) if divisor else form


def replaced(form: Form, node: int, value: Form) -> Form:
    """The form with another in the place of a node."""
    factor = form[1].get(node)
    if factor is None:
        return form
    return plus((form[0], {n: k for n, k in form[1].items() if n != node}), value, factor)


def bound(form: Form, number: int, most: Callable[[int], int]) -> Form | None:
    """What a number is at most, or at least, where the form is at least 0; not believed by who asks for it.

    16 n + r, r from 0 to 15, bounds n; r that may be more than is rounded off does not, but 16 n - r does.  `most`:
    what a node is at most.
    """
    factor = form[1][number]
    constant, terms = form[0], dict[int, int]()
    for n, k in form[1].items():
        if n != number and k % factor == 0:
            terms[n] = k // abs(factor)
        elif n != number:
            if k * most(n) >= abs(factor):
                return None
            constant += max(0, k * most(n))
    return times((constant // abs(factor), terms), 1 if factor < 0 else -1)
