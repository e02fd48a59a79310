"""Where a routine without a symbol ends, and what two routines of one shape may differ in."""

from __future__ import annotations

import pytest
from assembling import assembled

from armsym.elf import Image, Names, load_bytes
from armsym.elf.extent import flow_end, target
from armsym.elf.shape import shape_of
from armsym.errors import BranchError, InputError

NOP, RET = 0xD503201F, 0xD65F03C0


@pytest.mark.parametrize(
    ("word", "to"),
    [
        (0x14000001, 4),  # b
        (0x17FFFFFF, -4),
        (0x15FFFFFF, 0x7FFFFFC),  # the farthest
        (0x16000000, -0x8000000),
        (0x94000002, 8),  # bl
        (0x54000020, 4),  # b.eq
        (0x54FFFFE1, -4),
        (0x54800000, -0x100000),
        (0xB4000040, 8),  # cbz x0
        (0x35FFFFE0, -4),  # cbnz w0
        (0x36000040, 8),  # tbz
        (0xB707FFE0, -4),  # tbnz
        (0xB7040000, -0x8000),
        (RET, None),
        (NOP, None),
        (0xD61F0200, None),  # br x16
        (0x90000000, None),  # adrp
    ],
)
def test_where_a_branch_goes(word: int, to: int | None) -> None:
    assert target(word, 0x1000) == (None if to is None else 0x1000 + to)


def end_of(*words: int, start: int = 0, limit: int = 1 << 20) -> int:
    def word(at: int) -> int:
        if at // 4 >= len(words):
            raise BranchError("none")
        return words[at // 4]

    return flow_end(word, start, limit)


def test_the_end_of_a_routine() -> None:
    assert end_of(NOP, RET, NOP, RET) == 8
    assert end_of(0x54000060, RET, NOP, RET, NOP) == 16  # b.eq +12: beyond the first RET
    assert end_of(0x94000003, RET, NOP, RET) == 8  # bl is no branch of the routine's own
    assert end_of(NOP, 0x17FFFFFF, NOP) == 8  # a loop without end
    assert end_of(NOP, NOP, NOP, start=4, limit=8) == 8
    assert end_of(NOP, NOP) == 8  # the end of code
    assert end_of(NOP, 0xD61F0200, NOP) == 8  # br
    assert end_of(NOP, 0xD63F0200, RET, NOP) == 12  # blr returns
    assert end_of(NOP, 0x00000000, NOP) == 8  # udf
    assert end_of(0x14000000 | 66, *[NOP] * 65, RET) == 4  # 264 bytes away: another routine's
    assert end_of(0x14000000 | 65, *[NOP] * 64, RET) == 4 * 66  # 256 bytes after the branch


def image(body: str, before: str = "") -> Image:
    data = ".data\ntable: .quad 1, 2\nother: .quad 3\n"
    text = f".text\n{before}\n.globl f\n.type f,%function\nf:\n{body}\n.size f,.-f\n.globl g\ng: ret\n{data}"
    return load_bytes(assembled(text), "f.o")


def alike(a: Image, b: Image) -> bool:
    x, y = (shape_of(i, *i.function_extent("f")) for i in (a, b))
    return (x.words, x.masks) == (y.words, y.masks)


BODY = "adrp x1, {0}\nadd x2, x1, :lo12:{0}\nldr x3, [x2, #{1}]\nbl {2}\ncbz x3, 1f\nadd x0, x0, #{3}\n1: ret"


def test_shapes() -> None:
    a = image(BODY.format("table", 8, "g", 4))
    assert alike(a, image(BODY.format("other", 8, "g", 4), before="nop\nnop"))
    assert alike(a, image(BODY.format("table", 8, "elsewhere", 4)))
    assert not alike(a, image(BODY.format("table", 16, "g", 4)))  # an offset that no ADRP is completed by
    assert not alike(a, image(BODY.format("table", 8, "g", 5)))
    assert not alike(a, image(BODY.format("table", 8, "g", 4).replace("1: ret", "nop\n1: ret")))
    assert not alike(a, image(BODY.format("table", 8, "g", 4).replace("x2, x1", "x2, x4")))
    words = shape_of(a, *a.function_extent("f"))
    assert [bool(m) for m in words.masks] == [True, True, False, True, False, False, False]
    offset, window = words.window()
    assert (offset, len(window)) == (16, 12)
    assert words.window(2) == (16, window[:8])


def test_a_shape_is_of_code_in_one_segment() -> None:
    a = image("ret")
    for offset, size in ((2, 4), (0, 6), (0, 1 << 20), (1 << 30, 4)):
        with pytest.raises(InputError, match="no whole instructions"):
            shape_of(a, offset, size)


def test_names() -> None:
    a = image("nop\nret", before="nop")
    assert a.function_extent("0x4") == (4, 8)  # as its branches tell, and not into g
    assert a.function_extent("0x4+0x4") == (4, 4)
    named = a.named(Names((("asked", "f"), ("g", "0x4+0x4")), prefix="f_"))
    assert named.function_extent("asked") == a.function_extent("f")
    assert named.function_extent("g") == (4, 4)  # what a pair says counts before what the file has
    assert a.function_extent("g") != (4, 4)
    assert named.in_file("table") == "table"
    assert a.in_file("asked") == "asked"
    assert "asked is what the file has as f" in named.assumptions
    assert "g is what the file has at 0x4+0x4" in named.assumptions
    assert not any("asked" in text for text in a.assumptions)
    assert a.named(Names(prefix="no_")).symbol("f") == a.symbol("f")
    with pytest.raises(InputError, match="not made of whole instructions"):
        a.function_extent("0x4+0x6")
    for name in ("0x4+", "0x", "4", "0x4-0x4", "0x4+4", "0x12345678901234567"):
        with pytest.raises(InputError, match="has no symbol"):
            a.lookup(name)
