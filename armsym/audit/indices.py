"""Parts of a public number that is a multiple of 2^k and a small rest: what it is made of tells both.

Which block a byte is in, and which of its bytes it is, is of this kind.  Where the answer is a number, what a standard
says of each byte is made once for all bytes of a block.
"""

from __future__ import annotations

from armsym.audit.facts import Facts, bits
from armsym.audit.farkas import Form
from armsym.audit.instance import form_node
from armsym.audit.raw import ones

__all__ = ["settled"]


def settled(facts: Facts, node: int) -> int:
    """The quotient or remainder modulo 2^k that a node is of its operand, as a node made of its parts; or the node.

    It is only told: that both are equal is still to be shown.
    """
    words = facts.words
    match words.program[node]:
        case ("Shr", a, by):
            low, quotient = ones(by), True
        case ("Mask", a, mask) if mask and mask == ones(mask.bit_length()):
            low, quotient = mask, False
        case _:
            return node
    if bits(words, a) > ones(64):
        return node
    constant, terms = facts.integer(a)
    if terms == {a: 1}:
        return node
    rest: Form = constant & low, {n: k for n, k in terms.items() if k & low}
    most = rest[0] + sum(k * bits(words, n) for n, k in rest[1].items())
    if most > low or any(k < 0 for k in rest[1].values()):
        return node
    if not quotient:
        return form_node(words, rest)
    by = low.bit_length()
    return form_node(words, (constant >> by, {n: k >> by for n, k in terms.items() if n not in rest[1]}))
