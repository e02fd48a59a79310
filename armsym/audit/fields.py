"""The fields of a bundle's lines: numbers, lists and free text; what is written otherwise raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, unquote

from armsym.audit.bundle import Blocks, Case

__all__ = [
    "bits",
    "blocks",
    "blocks_text",
    "free",
    "items",
    "listed",
    "matching",
    "number",
    "place",
    "ranged",
    "secret",
    "size",
    "text",
    "widths",
]

PLACE = re.compile(r"[xv][0-9]{1,2}|sp|[nzcv]|[A-Za-z_][A-Za-z0-9_]*\+-?[0-9]{1,19}:[0-9]{1,2}")
NUMBER = re.compile(r"0|-?[1-9][0-9]{0,39}")


def free(of: str) -> str:
    """Free text as one word."""
    return quote(of, safe="") or "-"


def items(word: str) -> list[str]:
    """The items of a list."""
    return [] if word == "-" else word.split(",")


def text(word: str) -> str:
    """Free text; raises ValueError."""
    free = "" if word == "-" else unquote(word, errors="strict")
    if not free.isprintable():  # else a name could print lines that no contract has
        raise ValueError(f"{free[:80]!r} has characters that are not printed")
    return free


def matching(pattern: re.Pattern[str], word: str) -> str:
    """The word, if it has that form; raises ValueError."""
    if not pattern.fullmatch(word):
        raise ValueError(f"{word[:80]!r} is not of the form {pattern.pattern}")
    return word


def number(word: str) -> int:
    """A decimal number; raises ValueError."""
    return int(matching(NUMBER, word))


def bits(word: str, width: int) -> int:
    """A number above 0 of so many bits; raises ValueError."""
    n = number(word)
    if not 0 < n < 1 << width:
        raise ValueError(f"{n} is no number of {width} bits above 0")
    return n


def ranged(word: str, low: int, high: int) -> int:
    """A number within these bounds; raises ValueError."""
    n = number(word)
    if not low <= n <= high:
        raise ValueError(f"{n} is not from {low} to {high}")
    return n


def size(word: str) -> int:
    """The bytes of a store; raises ValueError."""
    n = number(word)
    if not 1 <= n <= 16:
        raise ValueError(f"{n} bytes: 1 to 16")
    return n


def widths(word: str, most: int) -> tuple[int, ...]:
    """How many bits words have, each at most so many; raises ValueError."""
    return tuple(ranged(w, 1, most) for w in items(word))


def secret(word: str) -> bool:
    """Whether the word says secret; raises ValueError."""
    if word not in ("secret", "public"):
        raise ValueError(f"{word!r} is neither secret nor public")
    return word == "secret"


def listed(of: Iterable[object]) -> str:
    """A list as one word."""
    return ",".join(map(str, of)) or "-"


def place(word: str, case: Case) -> str:
    """A place that something stands at; raises ValueError."""
    matching(PLACE, word)
    region, plus, rest = word.partition("+")
    if plus:
        if region not in case.regions and region != "stack":
            raise ValueError(f"{region} is no region")
        size(rest.split(":")[1])
        return word
    most = {"x": 30, "v": 31}.get(word[0]) if word[1:].isdecimal() else None
    if word[1:].isdecimal() and (most is None or int(word[1:]) > most or word != word[0] + str(int(word[1:]))):
        raise ValueError(f"{word} is no register")
    return word


def blocks_text(b: Blocks) -> str:
    """What a region holds block by block."""
    return f"{b.region} {b.upto} {b.word} {b.order} {listed(b.words)}"


def blocks(
    claim: list[str], name: str, case: Case, node: Callable[[str], int], nodes: Callable[..., tuple[int, ...]]
) -> Blocks:
    """The reverse of `blocks_text`, word by word; raises ValueError."""
    region, upto, word, order, words = claim
    if region not in case.regions:
        raise ValueError(f"{region} is no region")
    if number(word) not in (1, 2, 4, 8, 16) or order not in ("little", "big"):
        raise ValueError("not words of 1, 2, 4, 8 or 16 bytes; or not little or big")
    made = nodes(words)
    if not made:
        raise ValueError("a block without words")
    return Blocks(region, node(upto), number(word), order, made, name)
