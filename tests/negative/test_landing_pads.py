"""Where a file's code is guarded (FEAT_BTI), every indirect entry needs a landing pad."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from assembling import assembled
from refusing import run

from armsym.dsl import Proof
from armsym.elf import Image, load
from armsym.errors import InputError
from armsym.proof.result import ProofResult, Status

#: GNU_PROPERTY_AARCH64_FEATURE_1_AND: branch target identification.
NOTE = """
 .pushsection .note.gnu.property,"a"
 .balign 8
 .long 4,16,5
 .asciz "GNU"
 .long 0xc0000000,4,1,0
 .popsection"""


def note(size: int = 16, kind: int = 5, bits: int = 1) -> bytes:
    return struct.pack("<III", 4, size, kind) + b"GNU\0" + struct.pack("<IIII", 0xC0000000, 4, bits, 0)


def image(folder: Path, body: str, *, bits: int = 1, size: int = 16, kind: int = 5, binding: str = ".global") -> Image:
    path = folder / "f.o"
    data = assembled(f" .text\n {binding} f\n .type f,%function\nf: {body}\n .size f,.-f\n{NOTE}\n")
    assert data.count(note()) == 1
    # (What is unusual is written afterwards: a linker leaves it out or refuses it.)
    path.write_bytes(data.replace(note(), note(size, kind, bits)))
    return load(path)


def any_word(p: Proof) -> None:
    p.call(x0=p.word("a", public=True))
    p.ensures(lambda s: {"as it was": s.x0 == s.x0})


def answer(i: Image) -> ProofResult:
    return run(any_word, i, "f")


def jump(register: str, pad: str) -> str:
    return f"bti c\n adr {register},1f\n br {register}\n 1: {pad}\n ret"


def call(register: str, pad: str) -> str:
    return f"paciasp\n mov x9,x30\n adr {register},1f\n blr {register}\n mov x30,x9\n autiasp\n ret\n 1: {pad}\n ret"


@pytest.mark.parametrize(
    "body",
    [
        "bti c\n ret",
        "bti jc\n ret",
        "paciasp\n autiasp\n ret",
        "pacibsp\n autibsp\n ret",
        jump("x1", "bti j"),
        jump("x1", "bti jc"),
        jump("x16", "bti c"),
        jump("x17", "paciasp\n autiasp"),
        call("x1", "bti c"),
        call("x16", "bti jc"),
        call("x1", "paciasp\n autiasp"),
    ],
)
def test_with_its_landing_pads_a_routine_is_proved(body: str, tmp_path: Path) -> None:
    r = answer(image(tmp_path, body))
    assert r.status is Status.PROVED
    assert [o.status for o in r.obligations if o.kind == "bti"] == [Status.PROVED]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("nop\n ret", "at 0x0 <f> d503201f nop: no landing pad for a call"),
        ("ret", "d65f03c0 ret: no landing pad for a call"),
        ("bti j\n ret", "d503249f bti j: no landing pad for a call (PSTATE.BTYPE 0b10)"),
        ("bti\n ret", "d503241f bti: no landing pad for a call"),
        ("pacia1716\n ret", "pacia1716: no landing pad"),
        (jump("x1", "nop"), "no landing pad for the branch at 0x8 <f+0x8> (PSTATE.BTYPE 0b11)"),
        (jump("x1", "bti c"), "bti c: no landing pad for the branch at 0x8"),
        (jump("x1", "paciasp\n autiasp"), "paciasp: no landing pad for the branch"),
        (jump("x16", "bti"), "bti: no landing pad for the branch at 0x8 <f+0x8> (PSTATE.BTYPE 0b01)"),
        (call("x1", "bti j"), "bti j: no landing pad for the branch at 0xc"),
        ("bti c\n br x30", "returns through a register but is no RET"),
    ],
)
def test_without_one_it_is_refuted(body: str, said: str, tmp_path: Path) -> None:
    r = answer(image(tmp_path, body))
    assert r.status is Status.REFUTED
    c = r.counterexample
    assert c is not None
    assert c.kind == "bti"
    assert said in c.detail


@pytest.mark.parametrize("bits", [0, 2, 4])
def test_a_file_that_does_not_say_so_needs_none(bits: int, tmp_path: Path) -> None:
    r = answer(image(tmp_path, "ret", bits=bits))
    assert r.status is Status.PROVED
    assert "bti" not in [o.kind for o in r.obligations]


@pytest.mark.parametrize("bits", [1, 3, 0xFFFFFFFF])
def test_bit_0_says_it(bits: int, tmp_path: Path) -> None:
    assert image(tmp_path, "ret", bits=bits).guarded


def test_notes_of_another_kind_say_nothing(tmp_path: Path) -> None:
    assert not image(tmp_path, "ret", kind=1).guarded


def test_a_local_routine_is_entered_by_those_who_know_it(tmp_path: Path) -> None:
    assert answer(image(tmp_path, "ret", binding=".local")).status is Status.PROVED


@pytest.mark.parametrize("size", [4, 11, 17, 1000])
def test_a_note_that_ends_within_a_part_is_refused(size: int, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"note\.gnu\.property ends after"):
        image(tmp_path, "ret", size=size)
