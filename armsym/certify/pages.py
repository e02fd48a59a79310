"""Claims about addresses in the file under a mask: (image + c) AND mask is image + c', for masks of low bits alone.

So is (image + c) XOR a number of low bits.  The image lies at a multiple of 2^k.  So both sums are a word, of 64 - k
bits, times 2^k, and a number below 2^k beside it: there the mask, or XOR, acts on the number alone.  Untrusted.
"""

from __future__ import annotations

from armsym.audit.linear import linear
from armsym.audit.raw import ones
from armsym.certify.cones import operands
from armsym.certify.views import Views

__all__ = ["equal_by_pages"]

_WIDTH = 64


def equal_by_pages(views: Views, i: int, j: int) -> bool:
    """Tries to show a Mask of a sum, or its XOR with a number, equal to a sum of the same word; whether that was done.

    Raises as hints do.
    """
    program = views.program
    match program[i]:
        case ("Mask", of, _):
            sums = of, j
        case ("Xor", a, b) if (program[a][0] == "Const") != (program[b][0] == "Const"):
            of, number = (b, a) if program[a][0] == "Const" else (a, b)
            views.hint("poly", number)
            sums = of, j
        case _:
            return False
    found = [linear(program, n, _WIDTH) for n in sums]
    base = list(found[0][1])
    if len(base) != 1 or any(terms != {base[0]: 1} for _, terms in found) or program[base[0]][0] != "Var":
        return False
    for n, (constant, _) in zip(sums, found, strict=True):
        _split(views, n, base[0], constant)
    views.hint("poly", i)
    return views.checker.same(i, j)


def _split(views: Views, total: int, base: int, constant: int) -> None:
    """Gives `total`, which is base + constant, the poly of its lowest bits and of all others."""
    program, possible = views.program, views.checker.bits(base) or 0
    k = (possible & -possible).bit_length() - 1
    rest = _WIDTH - k
    down = program.shr(base, k)
    high = program.mask(down, ones(rest))
    again = program.shl(high, k)
    for made in (down, high, again):
        views.hint("poly", made)
    # `again` is the base, first by its poly, then as what is made of `high`.
    views.hint("sumatom", base, _WIDTH)
    views.hint("same", again, base)
    numbers = program.const(constant & ~ones(k)), program.const(constant & ones(k))
    upper = program.add(_WIDTH, again, numbers[0])
    both = program.add(_WIDTH, upper, numbers[1])
    holder = program.mask(both, ones(_WIDTH))
    for made in (*_summands(views, total, base), *numbers, upper, both, holder):
        views.hint("sum", made, _WIDTH)
    # So far all of these are base + constant; the holder stays that.
    views.hint("polyatom", high)
    views.hint("sumatom", high, _WIDTH)
    views.hint("poly", again)
    views.hint("tosum", again, _WIDTH)
    views.hint("poly", numbers[1])
    views.hint("sumatom", numbers[1], _WIDTH)
    for made in (upper, both):
        views.hint("sum", made, _WIDTH)
    over = program.const(constant >> k)
    moved = program.add(rest, high, over)
    for made in (over, moved):
        views.hint("sum", made, rest)
    views.hint("polyatom", moved)
    views.hint("split", both, numbers[1], moved, k)
    views.hint("poly", holder)
    views.hint("same", total, holder)
    views.hint("sum", numbers[1], _WIDTH)


def _summands(views: Views, total: int, base: int) -> list[int]:
    """What a sum of the base and numbers is made of but for the base, operands first, and the sum itself."""
    found, todo = set[int](), [total]
    while todo:
        n = todo.pop()
        if n != base and n not in found:
            found.add(n)
            todo += operands(views.program[n])
    return sorted(found)
