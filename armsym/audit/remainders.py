"""Remainders: the low bits of a number, where the facts tell the multiple of 2^k just below it; and multiples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from armsym.audit.farkas import Form, plus
from armsym.audit.raw import ones

__all__ = ["multiples", "remainder"]

#: A path is parted into so many values of a word at most.
MOST_MULTIPLES = 8


def _candidates(number: Form, mask: int, facts: Sequence[Form]) -> Iterator[Form]:
    """number - 2^k * (a form), for what facts of the path compare the number with: the least that each leaves open."""
    for constant, terms in facts:
        rest = {n: f - terms.get(n, 0) for n, f in number[1].items()} | {
            n: -f for n, f in terms.items() if n not in number[1]
        }
        if not any(n in number[1] for n in terms) or any(f & mask for f in rest.values()):
            continue
        # The fact says terms >= -constant.  The least c >= constant that is the number's, mod 2^k: terms + c >= 0.
        yield constant + (number[0] - constant & mask), terms


def remainder(number: Form, mask: int, facts: Sequence[Form], shows: Callable[[Form], bool]) -> Form | None:
    """The number AND mask = 2^k - 1, as the form r for which 0 <= r < 2^k is shown and number - r is 2^k * a form.

    `number` is at least 0, as an integer; None where no such form is found among the facts.
    """
    if not mask or mask != ones(mask.bit_length()) or not number[1]:
        return None
    for found in dict.fromkeys((c, tuple(sorted(t.items()))) for c, t in _candidates(number, mask, facts)):
        r: Form = found[0], dict(found[1])
        difference = plus(number, r, -1)
        whole = not difference[0] & mask and not any(f & mask for f in difference[1].values())
        if whole and shows(r) and shows(plus((mask, {}), r, -1)):
            return r
    return None


def multiples(node: int, mask: int, most: int, facts: Sequence[Form]) -> list[int] | None:
    """What the node, at most `most`, can be where it is a multiple of mask + 1 = 2^k; None where it may be too many.

    Its bounds are those of facts that speak of nothing else.
    """
    low, high = 0, most
    for constant, terms in facts:
        if terms.keys() == {node}:
            factor = terms[node]
            low = max(low, -(constant // factor)) if factor > 0 else low
            high = min(high, constant // -factor) if factor < 0 else high
    first = low + (-low & mask)
    # (A range may have more than Python can count.)
    return list(range(first, high + 1, mask + 1)) if (high - first) // (mask + 1) < MOST_MULTIPLES else None
