"""A bundle's lines and their fields: numbers, lists and free text; what is written otherwise raises ValueError."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

__all__ = ["BundleError", "Lines", "bits", "free", "items", "joined", "matching", "number", "secret", "size", "text"]

_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,39}")


class BundleError(ValueError):
    """A text that is no bundle; the message has the line's number and the line."""


class Lines:
    """The lines of a text, one after the other."""

    def __init__(self, text: str) -> None:
        if not text.isascii():
            raise BundleError("a bundle is ASCII")
        if not text.endswith("\n"):
            raise BundleError("the bundle's last line does not end")
        self._lines, self.at = text[:-1].split("\n"), 0

    def peek(self) -> str:
        """The first word of the next line."""
        return self._lines[self.at].split(" ", 1)[0] if self.at < len(self._lines) else ""

    def take(self, keyword: str, count: int | None = None) -> list[str]:
        """The words after the keyword of the next line; so many of them."""
        if self.at >= len(self._lines):
            raise BundleError(f"the bundle ends where {keyword!r} is due")
        line = self._lines[self.at]
        self.at += 1
        words = line.split(" ")
        if words[0] != keyword:
            raise self.error(f"{keyword!r} is due")
        if count is not None and len(words) != count + 1:
            raise self.error(f"{keyword!r} has {count} fields, not {len(words) - 1}")
        return words[1:]

    def raw(self, count: int) -> list[str]:
        """So many lines as they are."""
        if not 0 <= count <= len(self._lines) - self.at:
            raise self.error(f"{count} lines are due, there are fewer")
        found = self._lines[self.at : self.at + count]
        self.at += count
        return found

    @property
    def over(self) -> bool:
        """Whether no line is left."""
        return self.at >= len(self._lines)

    def error(self, why: str) -> BundleError:
        """What is wrong with the line taken last."""
        line = self._lines[self.at - 1] if self.at else ""
        return BundleError(f"line {self.at} of the bundle, {line[:80]!r}: {why}")


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
