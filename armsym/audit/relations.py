"""Relations of integers in the text of a bundle: a line each."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from armsym.audit.bundle import Relation

__all__ = ["relation_line", "relation_of"]

#: Products of numbers of 64 words have factors of 1233 digits.
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,1999}")
#: A product has at most so many factors: its value is computed.
MOST_FACTORS = 64


def relation_line(keyword: str, r: Relation, name: str) -> str:
    """The line of a relation: its keyword, modulus, bounds ("none" where there is none), name, and FACTOR[*NODE]..."""
    ends = ("none" if v is None else str(v) for v in (r.low, r.high))
    terms = ("*".join(map(str, (factor, *nodes))) for factor, nodes in r.terms)
    return " ".join([keyword, str(r.modulus), *ends, name, *terms])


def relation_of(words: Sequence[str], text: Callable[[str], str], node: Callable[[str], int]) -> Relation:
    """The relation of a line's words after the keyword; raises ValueError of what is none."""
    if len(words) < 4:
        raise ValueError("a relation has a modulus, two bounds and a name")
    modulus, low, high = (None if w == "none" else _integer(w) for w in words[:3])
    if modulus is None or modulus < 0:
        raise ValueError("a modulus is at least 1, or 0 where there is none")
    if modulus and not low is high is None:
        raise ValueError("a multiple of a number has no bounds")
    terms = []
    for word in words[4:]:
        factor, *nodes = word.split("*")
        if len(nodes) > MOST_FACTORS:
            raise ValueError(f"a product of {len(nodes)} words; the most is {MOST_FACTORS}")
        terms.append((_integer(factor), tuple(node(n) for n in nodes)))
    return Relation(text(words[3]), modulus, low, high, tuple(terms))


def _integer(word: str) -> int:
    if not _INTEGER.fullmatch(word):
        raise ValueError(f"{word[:80]!r} is no integer of at most 2000 digits")
    return int(word)
