"""Mach-O files: what dyld writes is not the file's, and X18 is the system's."""

from __future__ import annotations

import pytest
from assembling import dylib
from refusing import run

from armsym.dsl import Proof
from armsym.elf import Image, load_bytes
from armsym.errors import InputError
from armsym.proof.result import ProofResult, Status

VALUE = 0x1122334455667788
HEAD = ".text\n.globl _f\n.p2align 2\n_f:\n"
TABLE = f"""
.section __DATA_CONST,__const
.globl _table
.p2align 3
_table: .quad _value
.quad _outside
.data
.globl _counter
.p2align 3
_counter: .quad 5
.section __TEXT,__const
.globl _value
.p2align 3
_value: .quad {VALUE:#x}
"""
#: X1 is the address of the table; its first slot has an address of the file's, the second another file's.
AT_TABLE = "adrp x1, _table@PAGE\nadd x1, x1, _table@PAGEOFF\n"


def image(body: str, data: str = TABLE) -> Image:
    return load_bytes(dylib(f"{HEAD}{body}\nret\n{data}"), "f.dylib")


def returning(value: int | None, body: str, data: str = TABLE) -> ProofResult:
    """What comes of the claim that the routine returns this in X0; None: that it returns."""

    def fn(p: Proof) -> None:
        p.call()
        p.ensures(lambda s: {"X0": value is None or s.x0 == value})

    return run(fn, image(body, data), "f")


def test_an_address_that_dyld_rebases_leads_to_the_files_own() -> None:
    through_a_slot = AT_TABLE + "ldr x0, [x1]\nldr x0, [x0]\n"
    assert returning(VALUE, through_a_slot).status is Status.PROVED
    assert returning(VALUE ^ 1, through_a_slot).status is Status.REFUTED


@pytest.mark.parametrize("slot", [0, 8])
def test_what_dyld_writes_is_no_number(slot: int) -> None:
    """The slot's bytes in the file, whatever they are, are not what the routine loads."""
    body = AT_TABLE + f"ldr x0, [x1, #{slot}]\n"
    held = image(body)
    at = held.symbol("table").offset + slot
    with pytest.raises(InputError, match="which loading decides"):
        held.bytes_at(at, 8)
    for value in (0, held.symbol("value").offset, 0x10_0000_0000):
        assert returning(value, body).status is not Status.PROVED
    # Half of an address is nothing that is known.
    assert returning(0, AT_TABLE + f"ldr w0, [x1, #{slot + 4}]\n").status is not Status.PROVED


def test_what_another_library_holds_is_not_known_and_not_entered() -> None:
    assert returning(0, AT_TABLE + "ldr x1, [x1, #8]\nldr x0, [x1]\n").status is Status.UNDECIDED
    called = image("stp x29, x30, [sp, #-16]!\nbl _outside\nldp x29, x30, [sp], #16\n")

    def fn(p: Proof) -> None:
        p.call()
        p.modifies(p.stack(16))

    r = run(fn, called, "f")
    assert r.status is Status.UNDECIDED
    assert "outside" in " ".join(o.detail for o in r.obligations)


def test_data_that_may_be_written_holds_anything_but_a_declared_global() -> None:
    body = "adrp x1, _counter@PAGE\nldr x0, [x1, _counter@PAGEOFF]\n"
    assert returning(5, body).status is Status.UNDECIDED

    def fn(p: Proof) -> None:
        c = p.global_("counter", 64)
        p.call()
        p.ensures(lambda s: {"X0": s.x0 == c})

    assert run(fn, image(body), "f").status is Status.PROVED

    def outside(p: Proof) -> None:
        c = p.global_("outside", 64)
        p.call()
        p.ensures(lambda s: {"X0": s.x0 == c})

    assert run(outside, image(AT_TABLE + "ldr x1, [x1, #8]\nldr x0, [x1]\n"), "f").status is Status.PROVED


@pytest.mark.parametrize(
    "body",
    [
        "mov x18, x0",  # writes it
        "mov w18, w0",
        "mov x0, x18\nmov x0, xzr",  # reads it, and nothing comes of it
        "str x18, [sp, #-16]!\nldr x18, [sp], #16",  # saves and restores it: the system may change it in between
        "stp x0, x1, [sp, #-16]!\nldp x1, x18, [sp], #16",
        "add x0, x0, x18, lsl #2",
        "madd x0, x1, x2, x18",
        "b.ne 1f\n1: csel x0, x1, x18, eq",
    ],
)
def test_x18_is_neither_read_nor_written(body: str) -> None:
    """The same code in an ELF file may be proved, or fails for another reason."""

    def fn(p: Proof) -> None:
        p.call()
        p.modifies(p.stack(16))
        p.ensures(lambda s: {"returns": True})

    r = run(fn, image(body), "f")
    assert r.status is Status.UNDECIDED
    assert "X18 is the system's on Apple's platforms" in " ".join(o.detail for o in r.obligations)


@pytest.mark.parametrize("body", ["mov v18.16b, v0.16b", "mov x0, #18", "lsr x0, x0, #18", "mov x17, x19"])
def test_eighteen_is_other_things_too(body: str) -> None:
    """V18, and immediates whose bits are those of a register 18, are no X18."""
    assert returning(None, body).status is Status.PROVED
