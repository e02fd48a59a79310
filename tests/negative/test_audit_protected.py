"""Addresses that a loader writes and then protects (PT_GNU_RELRO): read as such, and only there."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import pytest

from armsym.audit.audit import PYTHON, Verdict, audit
from armsym.audit.bundle import Bundle, Case, Cut, Ensured, Global, Index
from armsym.audit.elf import Elf, ElfError
from armsym.audit.raw import ones
from armsym.certify.export import made_to_check

#: Where the second segment begins, what is said to be protected of it, and a variable in the page after.
DATA, VARIABLE = 0x20000, 0x21008
RELATIVE, GLOB_DAT = 1027, 1025
# ADRP X1, 0x20000; LDR X1, [X1, #24]; LDR W0, [X1]; RET
CODE = (0xB0000081, 0xF9400C21, 0xB9400020, 0xD65F03C0)


@dataclass(frozen=True)
class File:
    """A shared library: code at 0xf000, a table of relocations, and a segment that may be written to."""

    relocations: tuple[tuple[int, int, int], ...] = ((DATA + 24, RELATIVE, VARIABLE),)
    low: int = DATA
    size: int = 0x1000
    align: int = 0x1000
    kind: int = 3
    protected: int = 1
    dynamic: int = 0xF100
    got: int = 0
    packed: tuple[int, ...] = ()

    def read(self) -> Elf:
        """It, as the audit reads it."""
        file = bytearray(0xF000).ljust(0x20000, b"\0") + bytearray(b"data" * 0x800)
        file[0xF000 : 0xF000 + 4 * len(CODE)] = struct.pack(f"<{len(CODE)}I", *CODE)
        table = b"".join(struct.pack("<QQq", *r) for r in self.relocations)
        tags = [7, 0xF200, 8, len(table), 9, 24]
        tags += [3, self.got] if self.got else []
        tags += [36, 0xF300, 35, 8 * len(self.packed), 37, 8] if self.packed else []
        dynamic = struct.pack(f"<{len(tags) + 2}Q", *tags, 0, 0)
        file[self.dynamic : self.dynamic + len(dynamic)] = dynamic
        file[0xF200 : 0xF200 + len(table)] = table
        file[0xF300 : 0xF300 + 8 * len(self.packed)] = struct.pack(f"<{len(self.packed)}Q", *self.packed)
        for at in self.packed:
            file[at : at + 8] = struct.pack("<Q", VARIABLE)
        header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
        header += struct.pack("<HHIQQQIHHHHHH", self.kind, 183, 1, 0, 64, 0, 0, 64, 56, 3 + self.protected, 64, 0, 0)
        for kind, flags, offset, address, size, align in (
            (1, 5, 0xF000, 0xF000, 0x400, 0x1000),
            (1, 6, 0x20000, DATA, 0x2000, self.align),
            (2, 4, self.dynamic, self.dynamic, len(dynamic), 8),
            *([(0x6474E552, 4, 0, self.low, self.size, 1)] * self.protected),
        ):
            header += struct.pack("<IIQQQQQQ", kind, flags, offset, address, address, size, size, align)
        file[: len(header)] = header
        return Elf.parse(bytes(file))


def _case() -> Case:
    """W0 is the variable's word."""
    case = Case()
    t = case.table
    case.globals["g"] = Global("g", VARIABLE, 4, secret=False)
    case.cuts = {0: Cut(0, 0, 0, Index("", 0, 0, 0, inclusive=False))}
    cell = t.app("mem.global.g", (t.const(0),), ones(32))
    case.ensures.append(Ensured("told", t.var("x0_out", ones(64)), cell))
    return case


def _verdict(file: Elf, case: Case) -> Verdict:
    made_to_check(case, file, 0xF000)
    bundle = Bundle("protected", "f", "-", file.sha256, "a test", "a test")
    bundle.cases = [case]
    return audit(bundle, file, 0xF000, PYTHON)


def test_a_protected_address_is_what_the_loader_writes() -> None:
    file = File().read()
    assert file.relative(DATA + 24, 8) == VARIABLE
    verdict = _verdict(file, _case())
    assert verdict.refused == []
    assert any("the loader fills in" in what for what in verdict.counts), verdict.counts


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (File(protected=0), "may be written at run time"),
        (File(size=0xFFF), "may be written at run time"),  # the page is not whole
        (File(low=DATA + 32), "may be written at run time"),  # it begins after the address
        (File(low=DATA + 25), "not in one segment"),  # within it
        (File(align=0x10000), "may be written at run time"),  # pages may be of 64 KiB
        (File(((DATA + 24, GLOB_DAT, VARIABLE),)), "filled in after linking"),
        (File(()), "an address has 0 bases"),  # so it is what the file holds, and no address of it
        (File(((DATA + 24, RELATIVE, VARIABLE + 4),)), "may be written at run time"),  # another variable
        (File(((DATA + 24, RELATIVE, VARIABLE), (DATA + 24, RELATIVE, VARIABLE + 4))), "filled in after linking"),
        (File(((DATA + 24, RELATIVE, VARIABLE), (DATA + 28, RELATIVE, 0))), "filled in after linking"),
        (File(((DATA + 24, RELATIVE, VARIABLE), (DATA + 17, RELATIVE, 0))), "filled in after linking"),
        (File(((DATA + 24, RELATIVE, VARIABLE), (DATA + 9, 1031, 0))), "filled in after linking"),  # of 16 bytes
        (File(kind=2), "may be written at run time"),  # what starts it writes there, too, and no loader may protect it
        # among what a loader writes without a relocation: the dynamic section, words 0 to 2 of the GOT
        (File(dynamic=DATA), "filled in after linking"),
        (File(dynamic=DATA + 24), "filled in after linking"),
        (File(got=DATA + 24), "filled in after linking"),
        (File(got=DATA + 17), "filled in after linking"),
        (File(got=DATA + 8), "filled in after linking"),
        # where there are two, one of which adds to what stands there, their order tells the sum
        (File((), packed=(DATA + 24, DATA + 24)), "filled in after linking"),
        (File(packed=(DATA + 24,)), "filled in after linking"),
    ],
)
def test_what_may_be_another_address_is_refused(file: File, why: str) -> None:
    assert any(why in r for r in _verdict(file.read(), _case()).refused), _verdict(file.read(), _case()).refused


@pytest.mark.parametrize("neighbour", [(DATA + 16, RELATIVE, 0), (DATA + 32, RELATIVE, 0), (DATA + 8, 1031, 0)])
def test_one_beside_it_changes_nothing(neighbour: tuple[int, int, int]) -> None:
    assert File(((DATA + 24, RELATIVE, VARIABLE), neighbour)).read().relative(DATA + 24, 8) == VARIABLE


@pytest.mark.parametrize(("at", "size"), [(24, 4), (28, 4), (24, 16), (16, 8), (0x1000, 8)])
def test_only_the_whole_address_is_one(at: int, size: int) -> None:
    assert File().read().relative(DATA + at, size) is None


def test_bytes_that_are_protected_stay_as_they_are() -> None:
    file = File().read()
    assert file.read_only(DATA + 32, 4) == b"data"
    for at, why in ((DATA + 21, "filled in"), (DATA + 0xFFD, "not in one segment"), (DATA + 0x1000, "written")):
        with pytest.raises(ElfError, match=why):
            file.read_only(at, 4)


@pytest.mark.parametrize(
    "file", [File(dynamic=DATA + 32), File(got=DATA), File(got=DATA + 32), File((), packed=(DATA + 24,))]
)
def test_what_loaders_write_beside_it_changes_nothing(file: File) -> None:
    assert file.read().relative(DATA + 24, 8) == VARIABLE


def test_bytes_that_loaders_write_without_a_relocation_are_not_known() -> None:
    for file in (File(dynamic=DATA + 64), File(got=DATA + 64)):
        read = file.read()
        assert read.read_only(DATA + 60, 4) == b"data"
        for at in (61, 64, 87):
            with pytest.raises(ElfError, match="filled in"):
                read.read_only(DATA + at, 4)
    assert File(got=DATA + 64).read().read_only(DATA + 88, 4) == b"data"


def test_an_executable_has_no_protected_bytes() -> None:
    """What starts a static one writes to them first."""
    assert File().read().read_only(DATA + 32, 4) == b"data"
    with pytest.raises(ElfError, match="may be written"):
        File(kind=2).read().read_only(DATA + 32, 4)


def test_two_protected_ranges_are_refused() -> None:
    with pytest.raises(ElfError, match="2 ranges that are protected"):
        File(protected=2).read()
