"""Why something was not shown, as lines for people; the records are those of `armsym.proof.why`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from armsym.proof.result import Obligation
from armsym.proof.why import Sides, Story, Turn

__all__ = ["Line", "field_lines", "why_lines"]

#: A line in pieces: (text, style of rich, "" for none).
Line: TypeAlias = Sequence[tuple[str, str]]

#: Characters of a value on one line.
WIDTH = 96
_MARKED = re.compile(r"(\[\[|\]\])")


def why_lines(o: Obligation) -> Iterator[Line]:
    """What there is to tell below the line of an obligation that does not hold."""
    why = o.why
    details = o.detail.splitlines()
    if why is not None and why.sides is not None:
        details = details[:1]  # the others are the two sides, which are told with more below
    yield from ([(f"      {line}", "")] for line in details)
    if why is None:
        return
    if why.sides is not None:
        yield from _sides(why.sides)
    if why.story is not None:
        yield from _story(why.story)
    for hint in why.hints:
        yield from field_lines("        hint     ", hint, "bold")


def _sides(s: Sides) -> Iterator[Line]:
    yield from field_lines("        is       ", s.found, "")
    yield from field_lines("        claimed  ", s.claimed, "")
    if s.found.replace("[[", "").replace("]]", "") != s.part_found:  # else it is marked in all there is
        yield from field_lines("        first    ", s.part_found, "red")
        yield from field_lines("        against  ", s.part_claimed, "red")
    if s.xor:
        yield from field_lines("        XOR      ", s.xor, "")
    if s.where:
        yield [("        where    ", "dim"), (s.where, "")]


def _story(s: Story) -> Iterator[Line]:
    if s.turns:
        yield [("        path", "dim"), (f" to {_place(s)}", "")]
    for k, t in enumerate(s.turns):
        if s.left_out and k == len(s.turns) // 2:
            yield [(f"          ... {s.left_out} more", "dim")]
        yield _turn(t)
    if s.facts:
        yield from field_lines("        known    ", ", ".join(s.facts), "")
    if s.lengths:
        yield from field_lines("        lengths  ", ", ".join(s.lengths), "")


def _place(s: Story) -> str:
    return "the return" if s.at < 0 else f"{s.at:#x} <{s.where}> {s.assembly}".rstrip()


def _turn(t: Turn) -> Line:
    return [
        (f"          {t.at:#x} <{t.where}> ", "dim"),
        (f"{t.assembly}: " if t.kind in ("branch", "case") else "", ""),
        (t.says, ""),
    ]


def field_lines(label: str, value: str, style: str) -> Iterator[Line]:
    """A value below and beside its label, on as many lines as it takes; what is in [[ ]] stands out."""
    lines = [piece for part in value.splitlines() for piece in (textwrap.wrap(part, WIDTH) or [""])]
    inside = False
    for n, piece in enumerate(lines):
        pieces: list[tuple[str, str]] = [(label if not n else " " * len(label), "dim")]
        for word in _MARKED.split(piece):
            inside = inside if word not in ("[[", "]]") else word == "[["
            if word:
                pieces.append((word, "bold red" if inside or word == "]]" else style))
        yield pieces
