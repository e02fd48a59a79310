"""What a counterexample must show to be that of the fault it stands for, and the line that tells it.

Each function here makes a *witness*: it takes a counterexample and returns the line, or raises `NotThisFault`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from armsym.proof.result import Counterexample

__all__ = [
    "NotThisFault",
    "Witness",
    "adds_beyond",
    "input_number",
    "leaks_at",
    "loses",
    "reaches_past",
    "wraps",
    "wrong",
]

Witness = Callable[[Counterexample], str]

_ACCESS = re.compile(r"at \w+ <([^>]+)> [0-9a-f]{8} (.+?): (load|store) of (\d+) bytes? at (0x[0-9a-f]+) is permitted")
_NO_BYTES = re.compile(r"at (0x[0-9a-f]+)")


class NotThisFault(Exception):
    """The counterexample shows something else."""


def must(condition: bool, text: str) -> None:
    """Raise `NotThisFault` unless the condition holds."""
    if not condition:
        raise NotThisFault(text)


def _match(found: re.Match[str] | None, text: str) -> re.Match[str]:
    """What was found; raises `NotThisFault` if nothing was."""
    if found is None:
        raise NotThisFault(text)
    return found


def input_number(c: Counterexample, name: str) -> int:
    """A number that was an input of the run."""
    return int(c.inputs[name], 0)


def _buffer(c: Counterexample, name: str) -> tuple[int, bytes]:
    """Address and content of a region on entry."""
    assert c.entry is not None
    for piece in c.entry.memory:
        if piece.name == name:
            return piece.address, piece.data
    # A region of no bytes is no piece of memory.
    found = _match(_NO_BYTES.fullmatch(c.inputs[name].strip()), f"{name} is {c.inputs[name]!r}")
    return int(found[1], 16), b""


def _number(c: Counterexample, name: str) -> int:
    """The number of a region whose first byte is the least significant."""
    return int.from_bytes(_buffer(c, name)[1], "little")


def reaches_past(verb: str, region: str, *, place: str, when: Callable[[Counterexample], bool]) -> Witness:
    """An access at `place` (symbol+offset) that begins in or at the end of the region and ends beyond it."""

    def witness(c: Counterexample) -> str:
        found = _match(_ACCESS.search(c.detail), f"no access: {c.detail}")
        where, text, what, size, address = found[1], found[2], found[3], int(found[4]), int(found[5], 16)
        base, data = _buffer(c, region)
        offset = address - base
        told = f"`{text}` at {where}: {what} of {size} bytes at {region} + {offset}, of {len(data)}"
        must(what == verb and where == place, f"{told}; not the {verb} at {place}")
        must(0 <= offset <= len(data) < offset + size, f"{told}; not past the end")
        must(when(c), f"{told}; of other inputs: {_numbers(c)}")
        return f"{_numbers(c)}{told}"

    return witness


def loses(register: str) -> Witness:
    """A register that the caller owns holds another value on return: Xn, or the lower half of Vn as Dn."""

    def witness(c: Counterexample) -> str:
        assert c.entry is not None
        number = int(register[1:])
        before = c.entry.x[number] if register[0] == "x" else c.entry.v[number] & (1 << 64) - 1
        must(c.expected == f"{before:#x}" != c.got, f"{register}: {c.expected}, then {c.got}; on entry {before:#x}")
        return f"{_numbers(c)}{register} is {before:#x} on entry and {c.got} on return"

    return witness


def wrong(expected: int, when: Callable[[Counterexample], bool] = lambda _: True) -> Witness:
    """Another value than the one that is right for these inputs."""

    def witness(c: Counterexample) -> str:
        must(when(c), f"other inputs: {_numbers(c)}")
        must(c.expected == f"{expected:#x}" != c.got, f"{c.got} where {c.expected} was right, not {expected:#x}")
        return f"{_numbers(c)}{c.claim} is {c.got}, right is {c.expected}"

    return witness


def wraps(region: str, times: int) -> Witness:
    """The region's first word, of 32 bits, counts past 2**32 within so many steps, and the second takes the carry."""

    def witness(c: Counterexample) -> str:
        counter = _number(c, region) & 0xFFFF_FFFF
        must(counter + times >= 1 << 32, f"the counter {counter:#x} does not wrap in {times} steps")
        nonce = _number(c, region) >> 32 & 0xFFFF_FFFF
        must((int(c.expected, 0), int(c.got, 0)) == (nonce, nonce + 1 & 0xFFFF_FFFF), f"{c.got} for {c.expected}")
        return f"counter {counter:#x}: {c.claim}, of the nonce, is {c.got}, right is {c.expected}"

    return witness


def adds_beyond(bits: int) -> Witness:
    """a + b has more bits than so many."""

    def witness(c: Counterexample) -> str:
        total = sum(_number(c, name) for name in "ab")
        must(total >> bits == 1, f"a + b is {total:#x}, without a carry")
        return f"a + b = {total:#x}, {total.bit_length()} bits: {c.claim} is false"

    return witness


def leaks_at(what: str, place: str, secrets: set[str]) -> Witness:
    """Two runs that differ in secrets only show an observer different things (`what`) at one instruction."""

    def witness(c: Counterexample) -> str:
        event = re.compile(rf"{what} (\w+) at \w+ <([^>]+)> [0-9a-f]{{8}} .+")
        one, other = (_match(event.fullmatch(t), f"{t}: not a {what}") for t in (c.expected, c.got))
        must(one[2] == other[2] == place and one[1] != other[1], f"{c.expected} and {c.got}; not at {place}")
        must(bool(c.other_inputs) and set(c.other_inputs) <= secrets, f"runs differ in {sorted(c.other_inputs)}")
        return f"two runs that differ in {', '.join(c.other_inputs)}: {what} {one[1]} and {other[1]} at {place}"

    return witness


def _numbers(c: Counterexample) -> str:
    """The inputs that are numbers of at most five digits."""
    small = [f"{name} = {value}" for name, value in c.inputs.items() if re.fullmatch(r"\d{1,5}", value)]
    return ", ".join(small) + ": " if small else ""
