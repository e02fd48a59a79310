"""The memory obligation: every logged access lies inside its region."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

from armsym.bits import Bits
from armsym.elf import Image
from armsym.proof.path import Path
from armsym.proof.result import Status
from armsym.symbolic_memory import Access, Read, SymbolicRegion
from armsym.terms.node import Term

__all__ = ["check_bounds", "inside", "reads_outside"]

Answer = tuple[str, Status, str, float, str]
Place = TypeVar("Place", Access, Read)


def check_bounds(path: Path, image: Image, timeout_ms: int) -> Iterator[Answer]:
    """One answer (name, status, by, seconds, detail) for each region and symbolic offset in the log.

    Accesses with the same symbolic offset are first shown in bounds together, by the hull of
    their constants, then one by one if that fails.
    """
    for group in _by_offset(path.memory.log):
        region, symbolic = group[0].region, group[0].symbolic
        name = f"accesses to {'the image' if region.name.startswith('image ') else region.name} are in bounds"
        began = time.perf_counter()
        if _inside(path, region, symbolic, *_hull(group), timeout_ms):
            by = "arithmetic" if symbolic is None and region.size.is_concrete else "z3"
            yield name, Status.PROVED, by, time.perf_counter() - began, ""
            continue
        for a in group:
            if _inside(path, region, symbolic, a.constant, a.constant + a.size, timeout_ms):
                continue
            verb = "store" if a.store else "load"
            where = f"{region.name}+{symbolic if symbolic is not None else 0}{a.constant:+d}"
            detail = (
                f"the {verb} of {a.size} bytes at {a.at:#x} <{image.symbolize(a.at)}> to {where}"
                f" is not shown to lie within its {region.size.value} bytes"
            )
            yield name, Status.UNDECIDED, "", time.perf_counter() - began, detail
            break
        else:
            yield name, Status.PROVED, "z3", time.perf_counter() - began, ""


def _by_offset(places: Sequence[Place]) -> list[list[Place]]:
    """Those of one region and one symbolic offset together."""
    groups: dict[tuple[str, int], list[Place]] = {}
    for p in places:
        groups.setdefault((p.region.name, p.symbolic.id if p.symbolic is not None else 0), []).append(p)
    return list(groups.values())


def _hull(group: Sequence[Place]) -> tuple[int, int]:
    """The least range of constant offsets that has them all."""
    return min(p.constant for p in group), max(p.constant + p.size for p in group)


def _inside(path: Path, region: SymbolicRegion, symbolic: Term | None, lo: int, hi: int, timeout_ms: int) -> bool:
    """Whether offsets symbolic+lo up to symbolic+hi lie in [0, size]."""
    if symbolic is None and region.size.is_concrete:
        return lo >= 0 and hi <= region.size.uint
    if hi - lo >= 1 << 64:
        return False
    start = Bits.wrap(64, lo) if symbolic is None else Bits(64, symbolic) + Bits.wrap(64, lo)
    return inside(path, region, start, Bits(64, hi - lo), timeout_ms)


def reads_outside(path: Path, reads: Sequence[Read], timeout_ms: int) -> Iterator[Read]:
    """What claims read that is not shown to lie within its region, at most one read for each symbolic offset.

    Reads with the same symbolic offset are first shown together, by the hull of their constants.
    """
    for group in _by_offset(reads):
        region, symbolic = group[0].region, group[0].symbolic
        if _inside(path, region, symbolic, *_hull(group), timeout_ms):
            continue
        for r in group:
            if not _inside(path, region, symbolic, r.constant, r.constant + r.size, timeout_ms):
                yield r
                break


def inside(path: Path, region: SymbolicRegion, start: Bits, length: Bits, timeout_ms: int) -> bool:
    """Whether the `length` bytes at offset `start` are shown to lie within the region."""
    # start + length <= size, said so that nothing can wrap.
    claim = (length <= region.size) & (start <= region.size - length)
    return path.knowledge.prove(claim.bit.value, timeout_ms).holds is True
