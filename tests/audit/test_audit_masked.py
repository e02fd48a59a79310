"""Addresses in the file under a mask: what the audit takes them for counts only where the checker shows it."""

from __future__ import annotations

import pytest
from assembling import assembled
from planted_defects import an_edit

from armsym.audit.audit import PYTHON, show_equal, walks
from armsym.audit.bundle import Case, Cut, Ensured, Index
from armsym.audit.elf import Elf
from armsym.audit.ground import Refused
from armsym.audit.hints import write
from armsym.audit.raw import ones
from armsym.audit.state import State
from armsym.certify.elaborate import elaborate
from armsym.certify.multipliers import Search

#: An object file lies at a multiple of 4: the mask may clear the two lowest bits.
READ = "adr x1,1f\n{}\nldr w0,[x1]\nb 2f\n.word 51\n1: .word 17, 34\n2:"


def check(masking: str, total: int) -> None:
    """Raises `Refused` unless X0 is `total` on return from a routine that reads where a mask leads."""
    body = READ.format(masking)
    data = assembled(f".text\n.globl f\n.type f,%function\n.p2align 2\nf:\n{body}\nret\n.size f,.-f\n")
    case, elf = Case(), Elf.parse(data)
    case.cuts[0] = Cut(0, 0, 0, Index("", 0, 0, 0, inclusive=False))
    case.ensures.append(Ensured("x0", case.table.var("x0_out", ones(64)), case.table.const(total)))
    entry, _ = elf.symbol("f")
    (found,), (walk,) = (walks(case, elf, entry, Search()) for _ in range(2))
    certificate, _ = elaborate(found.words.program, {}, found.claims)
    show_equal(walk, write(certificate).splitlines(), PYTHON)


@pytest.mark.parametrize(
    ("masking", "total"),
    [
        ("add x1,x1,#3\nand x1,x1,#~3", 17),
        ("add x1,x1,#6\nand x1,x1,#~2", 34),
        ("add x1,x1,#5\nand x1,x1,#~1", 34),
        ("sub x1,x1,#1\nand x1,x1,#~3", 51),
        ("add x1,x1,#3\nand x1,x1,#~3\nadd x1,x1,#7\nand x1,x1,#~3", 34),
    ],
)
def test_what_a_mask_of_low_bits_leads_to_is_read(masking: str, total: int) -> None:
    check(masking, total)
    with pytest.raises(Refused):
        check(masking, total + 1)


@pytest.mark.parametrize("masking", ["and x1,x1,#~7", "and x1,x1,#~4", "and x1,x1,#0x7ffffffffffffffc"])
def test_a_mask_of_bits_that_the_place_of_the_file_may_have_is_refused(masking: str) -> None:
    with pytest.raises(Refused):
        check(masking, 17)


@pytest.mark.parametrize(
    ("masking", "total"),
    [
        ("eor x1,x1,#1\neor x1,x1,#1", 17),
        ("add x1,x1,#1\neor x1,x1,#1", 17),
        ("add x1,x1,#6\neor x1,x1,#2", 34),
        ("sub x1,x1,#1\neor x1,x1,#3", 51),
        ("mov x2,#3\neor x1,x2,x1\nadd x1,x1,#1\nand x1,x1,#~3", 34),
    ],
)
def test_what_an_xor_of_low_bits_leads_to_is_read(masking: str, total: int) -> None:
    check(masking, total)
    with pytest.raises(Refused):
        check(masking, total + 1)


@pytest.mark.parametrize("masking", ["eor x1,x1,#4", "eor x1,x1,#(1<<63)", "eor x1,x1,x1,lsl #1\nand x1,x1,#~3"])
def test_an_xor_with_bits_that_the_place_of_the_file_may_have_is_refused(masking: str) -> None:
    with pytest.raises(Refused):
        check(masking, 17)


@pytest.mark.parametrize(
    ("old", "new", "masking", "total"),
    [
        ("^ change, terms", "^ change ^ 4, terms", "eor x1,x1,#1\neor x1,x1,#1", 34),
        (" or change & ~low", "", "eor x1,x1,#4", 34),
        ("mask, change = ones(64), w.constant(number)", "mask, change = ones(64), 4", "eor x1,x1,#1", 34),
        ("constant & ~(low & ~mask)", "(constant & ~(low & ~mask)) + 4", "add x1,x1,#3\nand x1,x1,#~3", 34),
        ("mask | low != ones(64)", "False", "and x1,x1,#~4", 17),
        ("terms != {image: 1}", "False", "add x1,x1,x1\nsub x1,x1,x1\nand x1,x1,#~3", 17),
    ],
)
def test_where_the_audit_is_wrong_of_a_mask_the_checker_refuses(
    old: str, new: str, masking: str, total: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_edit(State, "_masked", old, new)(monkeypatch)
    with pytest.raises(Refused):
        check(masking, total)
