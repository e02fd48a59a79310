"""The fields of a bundle's lines."""

from __future__ import annotations

import re
from urllib.parse import unquote

__all__ = ["bits", "items", "matching", "number", "secret", "size", "text"]

NUMBER = re.compile(r"0|-?[1-9][0-9]{0,39}")


def items(word: str) -> list[str]:
    """The items of a list."""
    return [] if word == "-" else word.split(",")


def text(word: str) -> str:
    """Free text."""
    return "" if word == "-" else unquote(word, errors="strict")


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


def size(word: str) -> int:
    """The bytes of a store; raises ValueError."""
    n = number(word)
    if not 1 <= n <= 16:
        raise ValueError(f"{n} bytes: 1 to 16")
    return n


def secret(word: str) -> bool:
    """Whether the word says secret; raises ValueError."""
    if word not in ("secret", "public"):
        raise ValueError(f"{word!r} is neither secret nor public")
    return word == "secret"
