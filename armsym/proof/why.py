"""Why an obligation was not shown, as records of plain text: both sides of a claim, and the path that came to it.

The engine fills them in where something is not shown; reports, pages and explorers show them.  They hold no terms,
so that they can be sent to another process and kept after the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Literal, NamedTuple, TypeAlias

from armsym.bits import Bits
from armsym.terms.difference import difference, marked_texts, show_condition
from armsym.terms.node import Value, intern
from armsym.terms.show import show

__all__ = ["Noticed", "Sides", "Story", "Turn", "TurnKind", "Why", "sides_of", "story_of"]

#: So many characters of one side are kept.
SIDE = 600
#: So many turns at each end of a path are told, and so many facts.
TURNS, FACTS = 12, 12


@dataclass(frozen=True)
class Sides:
    """What is and what is claimed, of `width` bits, as text; in both, [[ ]] stands around the first part that differs.

    found, claimed            each side as a whole, shortened
    part_found, part_claimed  the first part that differs, of each
    bits                      a mask: outside of it the two are known to agree
    xor                       found ^ claimed, where that is short; else ""
    """

    width: int
    found: str
    claimed: str
    part_found: str
    part_claimed: str
    bits: int
    xor: str = ""

    @property
    def where(self) -> str:
        """Which bytes may differ, where that is not all of them: `bytes 4 to 7 of 16` (0 holds the lowest bits)."""
        size = -(-self.width // 8)
        differ = [k for k in range(size) if self.bits >> 8 * k & 0xFF]
        if len(differ) in (0, size):
            return ""
        lo, hi = differ[0], differ[-1]
        whole = len(differ) == hi - lo + 1
        return f"byte {lo} of {size}" if lo == hi else f"bytes {'' if whole else 'among '}{lo} to {hi} of {size}"


#: What happened where a path turned.
TurnKind: TypeAlias = Literal["branch", "case", "value", "loop", "cut", "call", "meet"]


class Noticed(NamedTuple):
    """A turn as a path notes it, after those before: `says` is the condition that holds there, or a text."""

    at: int
    kind: TurnKind
    says: Value | str
    before: Noticed | None


@dataclass(frozen=True)
class Turn:
    """A place where a path could have gone another way, or became another; `at` is an offset into the image.

    branch  a conditional branch: `says` is the condition that holds on this path
    case    an instruction that chooses by a public condition, or a `p.split`: `says` is what holds here
    value   `p.each`: the number that the value is here
    loop    an arbitrary iteration of a loop begins
    cut     a cut: its claims stand for what was computed
    call    a call by contract
    meet    paths meet (`p.join`)
    """

    at: int
    kind: TurnKind
    says: str
    where: str = ""
    assembly: str = ""


@dataclass(frozen=True)
class Story:
    """How a path came to where something was not shown.

    turns    what happened on the way, in order; `left_out` of them in the middle are not told
    at       the offset where the path is, `where` and `assembly` say what stands there
    facts    what else is known there, in words: one-bit terms that are 1
    lengths  of each length what the path knows: `n = (i + 1)`, `n = 4`
    """

    turns: tuple[Turn, ...]
    at: int
    where: str
    assembly: str
    facts: tuple[str, ...] = ()
    lengths: tuple[str, ...] = ()
    left_out: int = 0


@dataclass(frozen=True)
class Why:
    """Why one instance of an obligation was not shown: each part where there is one to tell."""

    #: Which part of the claim: `digest[2]`, `block i, word 3`.
    label: str = ""
    sides: Sides | None = None
    story: Story | None = None
    hints: tuple[str, ...] = ()


def sides_of(found: Bits, claimed: Bits) -> Sides | None:
    """Both sides of an equation that was not shown; None where they are one term."""
    d = difference(found.width, found.value, claimed.value)
    if d is None:
        return None
    a, b, xor = marked_texts(d)
    first, second = (shorten(show(v), SIDE, placeholder=" ...") for v in (d.first, d.second))
    return Sides(found.width, _cut(a), _cut(b), first, second, d.bits, xor)


def _cut(text: str) -> str:
    """A text of so many characters at most, with what is marked in it where there is room for both."""
    at = text.find("[[")
    if len(text) <= SIDE or at < SIDE // 2:
        return shorten(text, SIDE, placeholder=" ...")
    return shorten("... " + text[at - SIDE // 3 :], SIDE, placeholder=" ...")


def story_of(
    turns: Noticed | None,
    at: int,
    *,
    symbolize: Callable[[int], str],
    assembly: Callable[[int], str],
    facts: Iterable[Value],
    lengths: Sequence[tuple[str, Bits]],
) -> Story:
    """The story of a path from what it noted; `at` is negative where it has returned.

    `facts` are those beyond what holds on entry and what the turns say; `lengths` is what is known of each length.
    """
    noted: list[Noticed] = []
    while turns is not None:
        noted.append(turns)
        turns = turns.before
    told = noted[::-1]
    left = max(0, len(told) - 2 * TURNS)
    if left:
        told = [*told[:TURNS], *told[-TURNS:]]

    def line(at: int, kind: TurnKind, says: Value | str) -> Turn:
        text = says if isinstance(says, str) else show_condition(says)
        if kind == "loop" and not isinstance(says, str):
            text = f"the loop is reached from outside: {text}"
        return Turn(at, kind, text, symbolize(at), assembly(at))

    said = {intern(t.says).id for t in noted if not isinstance(t.says, (str, int))}
    more = [f for f in facts if not isinstance(f, int) and intern(f).id not in said]
    return Story(
        tuple(line(t.at, t.kind, t.says) for t in told),
        at,
        symbolize(at) if at >= 0 else "on return",
        assembly(at) if at >= 0 else "",
        tuple(show_condition(f) for f in more[:FACTS])
        + ((f"and {len(more) - FACTS} more",) if len(more) > FACTS else ()),
        tuple(f"{name} = {show(b.value)}" for name, b in lengths),
        left,
    )
