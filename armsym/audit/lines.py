"""The lines of a bundle, taken one after the other."""

from __future__ import annotations

__all__ = ["BundleError", "Lines"]


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
