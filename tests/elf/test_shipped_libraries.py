"""Shipped libraries: their symbols and slots as the file's own tables have them, and how long it takes to load them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from plain_elf import SHT_SYMTAB, PlainElf
from shipped import fetching

from armsym.elf import Image, load
from armsym.wheels import Wheel
from crypto_examples.wheels import AWS_LC, OPENSSL_3_4, OPENSSL_4_0

pytestmark = pytest.mark.wheels


def fetched(wheel: Wheel) -> Path:
    with fetching():
        return wheel.path()


@pytest.fixture(scope="module", params=[OPENSSL_4_0, OPENSSL_3_4, AWS_LC], ids=str)
def library(request: pytest.FixtureRequest) -> tuple[Path, Image]:
    path = fetched(request.param)
    return path, load(path)


#: Facts of the pinned files, as `aarch64-linux-gnu-readelf -sW` printed them: symbol, st_value, st_size.
FACTS = {
    OPENSSL_4_0: [
        ("KeccakF1600_ce", 0x6A31A0, 296),
        ("sha512_block_armv8", 0x6A8800, 2016),
        ("OPENSSL_armcap_P", 0xA04F5C, 4),
        ("sha512_block_data_order", 0x6A79C0, 3640),
    ],
    AWS_LC: [("OPENSSL_armcap_P", 0x58A340, 4), ("sha512_block_data_order_hw", 0x288F80, 2016)],
}


@pytest.mark.parametrize("wheel", FACTS, ids=str)
def test_symbols_by_name(wheel: Wheel) -> None:
    image = load(fetched(wheel))
    for name, offset, size in FACTS[wheel]:
        s = image.symbol(name)
        assert (s.offset, s.size) == (offset, size)
    segment = image.segment_at(image.symbol("OPENSSL_armcap_P").offset)
    assert segment is not None
    assert segment.access == "rw"


def test_sha512_hw_routine() -> None:
    image = load(fetched(OPENSSL_4_0))
    start, size = image.function_extent("sha512_block_armv8")
    assert size % 4 == 0
    assert image.word(start + size - 4) == 0xD65F03C0  # ret
    # SHA-512's constants (FIPS 180-4, section 4.2.3) are in memory that is never written.
    k = (0x428A2F98D728AE22).to_bytes(8, "little") + (0x7137449123EF65CD).to_bytes(8, "little")
    tables = image.find_bytes(k, "r")
    assert tables
    holding = [image.segment_at(t) for t in tables]
    assert all(s is not None and s.access in ("r", "rx") for s in holding)
    assert len(image.bytes_at(tables[0], 640)) == 640


def test_every_function_has_an_extent(library: tuple[Path, Image]) -> None:
    _, image = library
    count = 0
    for s in image.functions():
        name = s.name if s.name in image.symbols else f"{s.name}@{s.offset:#x}"
        start, size = image.function_extent(name)
        assert size > 0
        assert image.is_code(start)
        assert image.is_code(start + size - 4)
        count += 1
    assert count > 10_000


def test_symbols_are_those_of_the_file(library: tuple[Path, Image]) -> None:
    path, image = library
    plain = PlainElf(path)
    (table,) = plain.of_type(SHT_SYMTAB)
    listed = {
        (s.value, s.size, s.type, s.binding, s.name)
        for s in plain.symbols(table)
        if s.type in ("func", "object") and s.defined
    }
    mine = {
        (s.offset, s.size, s.kind, s.binding, s.name)
        for s in image.all_symbols
        if s.kind in ("func", "object") and s.state == "defined"
    }
    assert len(mine) > 10_000
    assert mine == listed


#: Relocations of the ELF ABI for AArch64 that a linker leaves to be done when a library is loaded.
ABS64, GLOB_DAT, JUMP_SLOT, RELATIVE, TLSDESC = 257, 1025, 1026, 1027, 1031


def test_slots_are_those_of_the_file(library: tuple[Path, Image]) -> None:
    path, image = library
    relative, named, external = {}, {}, set()
    for r in PlainElf(path).relocations():
        if r.type == RELATIVE:
            relative[r.offset] = r.addend
        elif r.type in (ABS64, GLOB_DAT, JUMP_SLOT):
            assert r.symbol is not None
            if r.symbol.defined:
                named[r.offset] = r.symbol.value + r.addend
            else:
                external.add(r.offset)
        elif r.type == TLSDESC:
            external |= {r.offset, r.offset + 8}
    assert len(relative) > 10_000
    assert image.pointers == relative | named
    assert set(image.external_pointers) == external


def test_loading_is_fast(library: tuple[Path, Image]) -> None:
    path, _ = library
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        load(path).symbol("OPENSSL_armcap_P")
        best = min(best, time.process_time() - start)
    assert best < 0.5
