"""The wording of errors about files: one line each, with near names for a name not found."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from armsym.errors import InputError

__all__ = ["bad", "near", "one_line"]

_POOL = 1500  # names compared in full: difflib needs tens of microseconds for each


def one_line(text: str) -> str:
    """The text with every unprintable character (a line end too) escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def bad(file: str, rule: str) -> InputError:
    """The error that this file breaks this rule; the rule's text shows the value."""
    return InputError(one_line(f"{file}: {rule}"))


def near(wanted: str, names: Iterable[str], *, count: int = 4) -> str:
    """`; near: a, b` for the names most like the wanted one, or nothing."""
    folded = wanted.lower()
    shared: list[tuple[int, str]] = []
    grams = {folded[k : k + 3] for k in range(len(folded) - 2)} or {folded}
    for name in names:
        # Whole symbol tables come here, so a cheap count of common trigrams selects the few to compare.
        if abs(len(name) - len(wanted)) <= max(8, len(wanted)):
            low = name.lower()
            hits = sum(g in low for g in grams)
            if hits:
                shared.append((-hits, name))
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(folded)
    scored: list[tuple[float, str]] = []
    for _, name in sorted(shared)[:_POOL]:
        matcher.set_seq1(name.lower())
        if matcher.quick_ratio() > 0.6:
            ratio = matcher.ratio()
            if ratio > 0.6:
                scored.append((-ratio, name))
    best = [name for _, name in sorted(set(scored))[:count]]
    return f"; near: {', '.join(best)}" if best else ""
