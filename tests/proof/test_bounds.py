"""The memory obligation: what lies in a region, decided by counting bytes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from rooms import EDGES, image, machine, path, public, region, var

from armsym.bits import Bits, Prop
from armsym.proof.bounds import check_bounds, inside, reads_outside
from armsym.proof.path import Path
from armsym.proof.result import Status
from armsym.symbolic_memory import Access, SymbolicRegion
from armsym.terms.node import ones

MS = 2000


@pytest.mark.parametrize("size", EDGES)
def test_inside_of_numbers(size: int) -> None:
    """Bytes start .. start + length - 1 of a region of that size, also where the sums exceed 2^64."""
    r = region("r", size)
    p = path(machine(r))
    for start, length in product(EDGES, repeat=2):
        assert inside(p, r, Bits(64, start), Bits(64, length), MS) == (start + length <= size), (start, length)


@pytest.mark.parametrize("size", [0, 1, 4, 5])
@pytest.mark.parametrize("length", [0, 1, 4, 5, ones(64)])
def test_inside_for_all_starts(size: int, length: int) -> None:
    """start between two numbers: inside only if every one of them is."""
    r, start = region("r", size), public("start")
    for low, high in ((a, b) for a, b in product((0, 1, 4, 5, ones(64)), repeat=2) if a <= b):
        p = path(machine(r), start >= low, start <= high)
        assert inside(p, r, start, Bits(64, length), MS) == (high + length <= size), (low, high)


@pytest.mark.parametrize(("ahead", "length", "right"), [(0, 1, True), (0, 2, False), (1, 1, False), (1, 0, True)])
def test_inside_a_region_of_any_size(ahead: int, length: int, right: bool) -> None:
    """i < n: byte i is in n bytes, byte i + 1 is not, for i = n - 1; no bytes at n are."""
    n, i = public("n"), public("i")
    r = region("r", n)
    p = path(machine(r), i < n)
    assert inside(p, r, i + ahead, Bits(64, length), MS) == right
    assert not inside(path(machine(r)), r, i, Bits(64, 1), MS)


def test_blocks_that_wrap() -> None:
    """16 * i with i < n is in 16 * n bytes only where 16 * n does not wrap."""
    n, i = public("n"), public("i")
    r = region("r", 16 * n)
    for most, right in ((1 << 60, False), ((1 << 60) - 1, True)):
        p = path(machine(r), i < n, n <= most)
        assert inside(p, r, 16 * i, Bits(64, 16), MS) == right


def _accesses(r: SymbolicRegion, *facts: Prop, at: Sequence[tuple[Bits | None, int, int, bool]]) -> Path:
    p = path(machine(r), *facts)
    for k, (symbolic, constant, size, store) in enumerate(at):
        p.memory.log.append(Access(4 * k, r, None if symbolic is None else var(symbolic), constant, size, store))
    return p


CODE = image("nop\nnop\nnop\nret")


@pytest.mark.parametrize("size", [0, 1, 8, 16])
@pytest.mark.parametrize(("constant", "bytes_"), [(0, 1), (0, 8), (8, 8), (9, 8), (15, 1), (16, 1), (-1, 1), (-8, 24)])
def test_one_access_at_a_number(size: int, constant: int, bytes_: int) -> None:
    p = _accesses(region("r", size), at=[(None, constant, bytes_, True)])
    ((name, status, by, _, detail),) = check_bounds(p, CODE, MS)
    right = constant >= 0 and constant + bytes_ <= size
    assert name == "accesses to r are in bounds"
    assert (status, by) == ((Status.PROVED, "arithmetic") if right else (Status.UNDECIDED, ""))
    said = f"the store of {bytes_} bytes at 0x0 <f> to r+0{constant:+d} is not shown to lie within its {size} bytes"
    assert detail == ("" if right else said)


def test_the_access_that_is_out_of_bounds_is_named() -> None:
    """Of several with one offset; each symbolic offset gets an answer of its own."""
    n, i, j = public("n"), public("i"), public("j")
    r = region("r", n)
    log = [(i, 0, 4, False), (i, 4, 4, False), (i, 8, 1, True), (j, 0, 1, False), (i, -1, 1, False)]
    answers = list(check_bounds(_accesses(r, i + 8 <= n, i < 100, j < n, at=log[:4]), CODE, MS))
    assert [a[1] for a in answers] == [Status.UNDECIDED, Status.PROVED]
    assert "the store of 1 bytes at 0x8 <f+0x8> to r+i+8" in answers[0][4]
    answers = list(check_bounds(_accesses(r, i + 8 <= n, i < 100, j < n, at=[*log[:2], *log[3:]]), CODE, MS))
    assert "the load of 1 bytes at 0xc <f+0xc> to r+i-1" in answers[0][4]
    answers = list(check_bounds(_accesses(r, i + 8 <= n, i < 100, j < n, at=[*log[:2], log[3]]), CODE, MS))
    assert [a[1] for a in answers] == [Status.PROVED, Status.PROVED]
    assert list(check_bounds(_accesses(r, at=[]), CODE, MS)) == []


def test_one_in_bounds_access_does_not_cover_another() -> None:
    """The hull is what must lie inside: neither the first, nor the longest, nor the last alone."""
    n, i = public("n"), public("i")
    r = region("r", n)
    for bad in ((i, 16, 1, False), (i, -1, 1, False)):
        for at in range(4):
            log = [(i, 0, 16, False), (i, 8, 8, True), (i, 15, 1, False)]
            log.insert(at, bad)
            (answer,) = check_bounds(_accesses(r, i == 0, n == 16, at=log), CODE, MS)
            assert answer[1] is Status.UNDECIDED, (bad, at)
            assert f"r+i{bad[1]:+d}" in answer[4]


def test_images_are_one() -> None:
    """Segments of the file are called the image."""
    r = region("image .text", 8)
    ((name, status, *_),) = check_bounds(_accesses(r, at=[(None, 0, 8, False)]), CODE, MS)
    assert (name, status) == ("accesses to the image are in bounds", Status.PROVED)


def test_a_hull_of_more_than_all_offsets() -> None:
    """Two accesses 2^64 and more apart are not shown to lie in a region of any size."""
    n, i = public("n"), public("i")
    p = _accesses(region("r", n), at=[(i, -(1 << 63), 8, False), (i, (1 << 63) - 1, 8, False)])
    ((_, status, *_),) = check_bounds(p, CODE, MS)
    assert status is Status.UNDECIDED


@pytest.mark.parametrize(
    ("at", "size", "open_"), [(0, 8, False), (8, 8, False), (9, 8, True), (-1, 1, True), (16, 1, True)]
)
def test_reads_of_a_state(at: int, size: int, open_: bool) -> None:
    r, other = region("r", 16, cell=1), region("other", 64)
    p = path(machine(r, other))
    with p.memory.observed() as reads:
        p.memory.look_at(r, None, 0, 1)
        p.memory.look_at(other, None, 32, 8)
        p.memory.look_at(r, None, at, size)
    found = list(reads_outside(p, reads, MS))
    assert [(f.region, f.constant, f.size) for f in found] == ([(r, at, size)] if open_ else [])


def test_reads_at_one_offset_are_asked_together_and_told_apart() -> None:
    n, i = public("n"), public("i")
    r = region("r", n, cell=1)
    p = path(machine(r), i < n)
    with p.memory.observed() as reads:
        p.memory.look_at(r, var(i), 0, 1)
        p.memory.look_at(r, var(i), 1, 1)
        p.memory.look_at(r, None, 0, 1)
        p.memory.look_at(r, None, 1, 1)
    found = list(reads_outside(p, reads, MS))
    assert [(f.symbolic, f.constant) for f in found] == [(var(i), 1), (None, 1)]
    assert list(reads_outside(p, [], MS)) == []
    assert (found[0].offset == i + 1).value is True
