"""The language of what is wanted: meaning against Python's own numbers, and what is refused."""

from __future__ import annotations

import random

import pytest

import armsym
from armsym.bits import Bits
from armsym.errors import InputError
from armsym.questions.wanted import DEEPEST, parse
from armsym.simulator import Buffer

M64 = 2**64 - 1


class End:
    """A final state on numbers."""

    N, Z, C, V = (armsym.Start().x0 == armsym.Start().x0 for _ in "NZCV")

    def __init__(self, **values: Bits) -> None:
        self.__dict__.update(values)

    def read(self, buffer: Buffer, offset: int | Bits, width: int) -> Bits:
        at = offset if isinstance(offset, int) else offset.uint
        return Bits.from_bytes(bytes(range(0x80, 0x90))[at : at + width // 8], "little")


def start() -> armsym.Start:
    s = armsym.Start()
    s.symbol("n")
    s.symbol("byte", 8)
    s.buffer("out", 16)
    return s


#: (text, what Python says of x0 = a, x1 = b)
MEANT = [
    ("x0 == x1", lambda a, b: a == b),
    ("x0 != x1", lambda a, b: a != b),
    ("x0 < x1", lambda a, b: a < b),
    ("x0 <= x1", lambda a, b: a <= b),
    ("x0 > x1", lambda a, b: a > b),
    ("x0 >= x1", lambda a, b: a >= b),
    ("x0 + x1 == 0", lambda a, b: (a + b) & M64 == 0),
    ("x0 - x1 < 5", lambda a, b: (a - b) & M64 < 5),
    ("3 * x0 > x1", lambda a, b: 3 * a & M64 > b),
    ("5 - x0 > x1", lambda a, b: (5 - a) & M64 > b),
    ("x0 & x1 == 0", lambda a, b: a & b == 0),
    ("(x0 | x1) ^ x0 == 1", lambda a, b: (a | b) ^ a == 1),
    ("~x0 == x1", lambda a, b: a ^ M64 == b),
    ("-x0 == x1", lambda a, b: -a & M64 == b),
    ("x0 == -1", lambda a, b: a == M64),
    ("x0 << 60 == 0", lambda a, b: a << 60 & M64 == 0),
    ("x0 << 64 == 0", lambda a, b: True),
    ("x0 >> 63 == 1", lambda a, b: a >> 63 == 1),
    ("7 < x0", lambda a, b: a > 7),
    ("not x0 == x1", lambda a, b: a != b),
    ("x0 == 0 and x1 == 0", lambda a, b: a == 0 and b == 0),
    ("x0 == 0 or x1 == 0", lambda a, b: a == 0 or b == 0),
    ("x0 == 0 or x1 == 0 and x0 == 1", lambda a, b: a == 0 or (b == 0 and a == 1)),
    ("slt(x0, x1)", lambda a, b: (a ^ 1 << 63) < (b ^ 1 << 63)),
    ("slt(-1, x1)", lambda a, b: b < 1 << 63),
    ("bits(x0, 63, 60) == 15", lambda a, b: a >> 60 == 15),
    ("bits(x0, 0, 0) == 1", lambda a, b: a & 1 == 1),
    ("zext(bits(x0, 7, 0), 64) == x1", lambda a, b: a & 255 == b),
    ("sext(bits(x0, 7, 0), 64) == x0", lambda a, b: a < 128 or a > M64 - 128),
]


@pytest.mark.parametrize(("text", "meant"), MEANT, ids=[t for t, _ in MEANT])
def test_it_means_what_python_says(text: str, meant: object) -> None:
    wanted, rng = parse(text, start()), random.Random(text)
    edges = (0, 1, 2, 7, 127, 128, 255, 1 << 63, (1 << 63) - 1, M64, M64 - 1)
    for _ in range(200):
        a, b = (rng.choice((rng.choice(edges), rng.getrandbits(64))) for _ in "ab")
        b = a if rng.random() < 0.2 else b
        assert wanted(End(x0=Bits(64, a), x1=Bits(64, b))).value is meant(a, b), (a, b)  # type: ignore[operator]


def test_bytes_of_buffers() -> None:
    def holds(text: str) -> bool:
        value = parse(text, start())(End(x0=Bits(64, 3))).value
        assert isinstance(value, bool)
        return value

    assert holds("out[0] == 0x80")
    assert holds("out[15] == 0x8f")
    assert holds("out[1:3] == 0x8281")
    assert holds("out[0:16] == 0x8f8e8d8c8b8a89888786858483828180")
    assert holds("out[x0] == 0x83")
    assert holds("out[x0 + 1] == 0x84")
    assert not holds("out[x0] == 0x84")


def test_names_of_the_start() -> None:
    s = start()
    found = parse("n == 1 and byte == 2 and out == 3", s)(End()).value
    assert found is not False
    assert parse("n == n", s)(End()).value is True
    assert parse("Z and N == 1", s)(End()).value is not False


@pytest.mark.parametrize(("text", "message"), [
    ("", "not a condition"),
    ("x0 =", "not a condition"),
    ("x0 = 1", "not a condition"),
    ("x0 == 1; x1 == 2", "not a condition"),
    ("x0 == 1\nimport os", "not a condition"),
    ("x0 == 1\0", "not a condition"),
    ("x0", "is no condition"),
    ("5", "is no condition"),
    ("x0 and x1", "is no condition"),
    ("not x0", "is no condition"),
    ("1 == 1", "two plain numbers"),
    ("x0 == 1 + 1", "two plain numbers"),
    ("0 == x0 == 0", "several comparisons"),
    ("x0 == 0 & x1 == 0", "several comparisons"),
    ("x0 == w1", "cannot compare 64 bits and 32 bits"),
    ("x0 + w1 == 0", "cannot add"),
    ("w0 == 0x100000000", "does not fit"),
    ("w0 == -0x80000001", "does not fit"),
    ("x0 == 0x1" + "0" * 300, "more than 1024 bits"),
    ("x31 == 0", "nothing is called x31"),
    ("w31 == 0", "nothing is called w31"),
    ("v32 == 0", "nothing is called v32"),
    ("x00 == 0", "nothing is called x00"),
    ("machine == 0", "nothing is called machine"),
    ("stack == 0", "nothing is called stack"),
    ("absent[0] == 0", "absent is no buffer"),
    ("x0[0] == 0", "x0 is no buffer"),
    ("out[16] == 0", "end after its 16"),
    ("out[15:17] == 0", "end after its 16"),
    ("out[-1] == 0", "the offset of a byte"),
    ("out[3:3] == 0", "are not 1 to"),
    ("out[4:3] == 0", "are not 1 to"),
    ("out[:3] == 0", "FIRST:END"),
    ("out[0:8:2] == 0", "FIRST:END"),
    ("out[w0] == 0", "an offset has 64 bits"),
    ("x0 << x1 == 0", "a shift amount"),
    ("x0 << -1 == 0", "a shift amount"),
    ("x0 << 1025 == 0", "a shift amount"),
    ("1 << 3 == x0", "without a width"),
    ("~1 == x0", "without a width"),
    ("x0 / x1 == 0", "not understood"),
    ("x0 ** 2 == 0", "not understood"),
    ("x0.value == 0", "not understood"),
    ("x0 is x1", "not understood"),
    ("x0 in x1", "not understood"),
    ("'a' == x0", "not understood"),
    ("True", "not understood"),
    ("1.5 == x0", "not understood"),
    ("[x0] == x1", "not understood"),
    ("x0 == 0 if Z else x1 == 0", "not understood"),
    ("(y := x0) == 0", "not understood"),
    ("lambda: 0", "not understood"),
    ("f'{x0}' == x0", "not understood"),
    ("__import__('os')", "there are zext"),
    ("print(x0)", "there are zext"),
    ("zext(x0, 63) == 0", "cannot zero-extend"),
    ("zext(x0, width=64) == 0", "not understood"),
    ("bits(x0, 64, 0) == 0", "the number of a bit"),
    ("bits(x0, 0, 1) == 0", "are none"),
    ("slt(1, 2)", "two plain numbers"),
    ("x0 == 0" + " " * 2000 + "or x0 == 1", "are more than"),
    ("~" * (DEEPEST + 1) + "x0 == 0", "levels of parentheses"),
    ("-" * 1500 + "x0 == 0", ""),
    ("(" * 500 + "x0" + ")" * 500 + " == 0", ""),
])  # fmt: skip
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=r"want|after its") as e:
        parse(text, start())
    assert message in str(e.value)


def test_a_text_that_is_as_deep_as_may_be() -> None:
    parse("~" * (DEEPEST - 3) + "x0 == 0", start())
