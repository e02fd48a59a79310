"""The fields of a bundle's lines: numbers, lists and free text; what is written otherwise raises ValueError."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

__all__ = ["bits", "free", "items", "joined", "matching", "number", "secret", "size", "text"]

_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,39}")


def joined(values: object) -> str:
    return ",".join(map(str, values)) or "-"  # type: ignore[call-overload]


def free(text: str) -> str:
    return quote(text, safe="") or "-"


def items(word: str) -> list[str]:
    return [] if word == "-" else word.split(",")


def text(word: str) -> str:
    text = "" if word == "-" else unquote(word, errors="strict")
    if not text.isprintable():  # else a name could print lines that no contract has
        raise ValueError(f"{text[:80]!r} has characters that are not printed")
    return text


def matching(pattern: re.Pattern[str], word: str) -> str:
    if not pattern.fullmatch(word):
        raise ValueError(f"{word[:80]!r} is not of the form {pattern.pattern}")
    return word


def number(word: str) -> int:
    return int(matching(_NUMBER, word))


def bits(word: str, width: int) -> int:
    n = number(word)
    if not 0 < n < 1 << width:
        raise ValueError(f"{n} is no number of {width} bits above 0")
    return n


def size(word: str) -> int:
    n = number(word)
    if not 1 <= n <= 16:
        raise ValueError(f"{n} bytes: 1 to 16")
    return n


def secret(word: str) -> bool:
    if word not in ("secret", "public"):
        raise ValueError(f"{word!r} is neither secret nor public")
    return word == "secret"
