"""Parts of a public number that is a multiple of 2^k and a small rest: what it is made of tells both.

Which block a byte is in, and which of its bytes it is, is of this kind.  Where the answer is a number, what a standard
says of each byte is made once for all bytes of a block.
"""

from __future__ import annotations

from armsym.audit.farkas import Form
from armsym.audit.linear import linear
from armsym.audit.numbers import form_node
from armsym.audit.raw import ones
from armsym.audit.words import Words

__all__ = ["settled"]


def settled(words: Words, node: int) -> int:
    """The quotient or remainder modulo 2^k that a node is of its operand, as a node made of its parts; or the node.

    It is only told: that both are equal, for all values, is still to be shown.
    """
    match words.program[node]:
        case ("Shr", a, by):
            low, quotient = ones(by), True
        case ("Mask", a, mask) if mask and mask == ones(mask.bit_length()):
            low, quotient = mask, False
        case _:
            return node
    if words.reach(a) > ones(64):
        return node
    constant, terms = linear(words.program, a)
    most = constant + sum(k * words.reach(n) for n, k in terms.items())
    if terms == {a: 1} or most > ones(64):
        return node
    rest: Form = constant & low, {n: k for n, k in terms.items() if k & low}
    if rest[0] + sum(k * words.reach(n) for n, k in rest[1].items()) > low:
        return node
    if not quotient:
        return form_node(words, rest)
    by = low.bit_length()
    return form_node(words, (constant >> by, {n: k >> by for n, k in terms.items() if n not in rest[1]}))
