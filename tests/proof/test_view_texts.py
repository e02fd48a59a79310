"""What is shown of a value is what it is: texts are read back, and evaluated beside the value."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from rooms import image, number, public, secret, var

from armsym.bits import Bits, concat
from armsym.dsl import Part, Proof
from armsym.proof.result import ProofResult
from armsym.proof.run import prove
from armsym.symbolic_memory import variable
from armsym.terms.node import Value
from armsym.view.encoded import Strings
from armsym.view.recording import CaseRecord, Recorder
from armsym.view.texts import Texts
from armsym.view.vocabulary import Vocabulary, held_by
from semantics import A64

M = (1 << 64) - 1
EDGES = (0, 1, 2, 0x80, 0xFF, 0x100, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, M - 1, M, 0x0123_4567_89AB_CDEF)


class Word:
    """A number of 64 bits with the operators of the texts."""

    def __init__(self, value: int) -> None:
        self.value = value & M

    def __add__(self, other: Word | int) -> Word:
        return Word(self.value + _int(other))

    def __radd__(self, other: int) -> Word:
        return Word(self.value + other)

    def __sub__(self, other: Word | int) -> Word:
        return Word(self.value - _int(other))

    def __mul__(self, other: Word | int) -> Word:
        return Word(self.value * _int(other))

    def __rmul__(self, other: int) -> Word:
        return Word(self.value * other)

    def __neg__(self) -> Word:
        return Word(-self.value)

    def __xor__(self, other: Word | int) -> Word:
        return Word(self.value ^ _int(other))

    def __and__(self, other: Word | int) -> Word:
        return Word(self.value & _int(other))

    def __lshift__(self, k: int) -> Word:
        return Word(self.value << k)

    def __rshift__(self, k: int) -> Word:
        return Word(self.value >> k)

    def __invert__(self) -> Word:
        return Word(~self.value)

    def __getitem__(self, bits: slice) -> Word:
        high, low = bits.start, bits.stop
        assert 0 <= low <= high < 64
        return Word(self.value >> low & (1 << high - low + 1) - 1)


def _int(v: Word | int) -> int:
    return v.value if isinstance(v, Word) else v


def _ror(w: Word, k: int) -> Word:
    assert 0 < k < 64
    return Word(w.value >> k | w.value << 64 - k)


def _rev(w: Word) -> Word:
    return Word(int.from_bytes(w.value.to_bytes(8, "little"), "big"))


def read(text: str, values: dict[str, int]) -> int:
    """The number that a text says."""
    text = re.sub(r"2\^(\d+)", lambda m: str(1 << int(m[1])), text)
    names = {name: Word(v) for name, v in values.items()}
    said = eval(text, {"__builtins__": {}}, {"ror": _ror, "rev": _rev, **names})  # the text is ours
    return _int(said) & M


def record(fn: Callable[[Proof], None]) -> CaseRecord:
    """The record of a proof of code that only returns."""
    seen: list[CaseRecord] = []

    def ended(case: CaseRecord, _: ProofResult) -> None:
        seen.append(case)

    prove(fn, name="f", image=image("ret"), symbol="f", isa=A64, watch=Recorder(ended))
    return seen[0]


@pytest.fixture(scope="module")
def case() -> CaseRecord:
    """The record of a proof that names nothing."""

    def fn(p: Proof) -> None:
        p.ensures(lambda s: {"x": s.x0 == p.entry.x0})

    return record(fn)


@pytest.fixture
def texts(case: CaseRecord) -> Texts:
    """Texts in that proof."""
    return Texts(Vocabulary(case))


MADE: list[Callable[[Bits, Bits], Bits]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a ^ b,
    lambda a, b: a & b,
    lambda a, b: ~a,
    lambda a, b: ~(a ^ b),
    lambda a, b: a ^ 0xFF00,
    lambda a, b: a + 1,
    lambda a, b: a - 1,
    lambda a, b: a * 5 - b * 3,
    lambda a, b: a << 7,
    lambda a, b: a >> 9,
    lambda a, b: a.reverse_bytes(),
    lambda a, b: a.reverse_bytes() ^ b,
    lambda a, b: concat(a[12:0], a[63:13]),
    lambda a, b: concat(a[0:0], a[63:1]) ^ concat(a[62:0], a[63:63]) ^ (a >> 7),
    lambda a, b: concat(b[31:0], a[31:0]),
    lambda a, b: concat(b[31:0], a[63:32]),
    lambda a, b: a[15:8].zero_extend(64),
    lambda a, b: (a[23:4].zero_extend(64) << 5) ^ b,
    lambda a, b: (a + b) & 0xFFFF_0000_FFFF,
    lambda a, b: ((a + b) ^ a) + b,
    lambda a, b: a & b ^ a & 0x8000_0000_0000_0001,
    lambda a, b: (a << 3) & 0xF0,
    lambda a, b: a * b,
]


@pytest.mark.parametrize("k", range(len(MADE)))
def test_a_text_says_what_the_value_is(texts: Texts, k: int) -> None:
    a, b = secret("a"), secret("b")
    v = MADE[k](a, b)
    text = texts.of(v.value, 64)
    assert "..." not in text
    for x in EDGES:
        for y in EDGES[::3]:
            assert read(text, {"a": x, "b": y}) == number(v, {var(a): x, var(b): y}), text


@pytest.mark.parametrize("width", [1, 8, 31, 32])
@pytest.mark.parametrize("low", [0, 5, 32])
def test_what_is_left_out_of_a_word_is_seen(texts: Texts, width: int, low: int) -> None:
    a = secret("a")
    for v in (a, a + 7, a.reverse_bytes(), ~a, a << 3, a >> 3, a * 3):
        part = v[low + width - 1 : low]
        text = texts.of(part.value, width)
        for x in EDGES:
            assert read(text, {"a": x}) & (1 << width) - 1 == number(part, {var(a): x}), text
            if not re.search(r"[~+*] ?", text):  # these are modulo 2^width, and negation has so many bits
                assert read(text, {"a": x}) >> width == 0, text


def test_texts_of_values_made_at_random_say_what_they_are(texts: Texts) -> None:
    chance = random.Random(20261129)
    a, b = secret("a"), secret("b")
    whole = 0
    for _ in range(300):
        v = a
        for _ in range(chance.randint(1, 3)):
            v = chance.choice(MADE)(v, b) if chance.random() < 0.7 else chance.choice(MADE)(b, v)
        text = texts.of(v.value, 64)
        if "..." in text:
            continue
        whole += 1
        x, y = (chance.choice(EDGES) if chance.random() < 0.5 else chance.getrandbits(64) for _ in range(2))
        assert read(text, {"a": x, "b": y}) == number(v, {var(a): x, var(b): y}), text
    assert whole > 100


def test_a_vector_is_the_words_in_its_lanes(texts: Texts) -> None:
    a, b, c, d = (secret(name, 32) for name in "abcd")
    assert texts.of(concat(d, c, b, a).value, 128) == "{a, b, c, d}"
    assert texts.of(concat(secret("q"), secret("p")).value, 128) == "{p, q}"
    assert texts.of(concat(a, a, a, a).value, 128) == "{a x4}"
    assert texts.of(concat(d, c, b.reverse_bytes(), a).value, 128) == "{a, rev(b), c, d}"


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (lambda n, i: n - i != 1, "(n - i) != 1"),
        (lambda n, i: i < n, "i < n"),
        (lambda n, i: ~(i < n), "i >= n"),
        (lambda n, i: n <= 1 << 50, "n <= 2^50"),
        (lambda n, i: n >= 4, "n >= 4"),
        (lambda n, i: n == i, "(n - i) == 0"),
    ],
)
def test_facts_are_comparisons(texts: Texts, fact: Callable[[Bits, Bits], object], text: str) -> None:
    n, i = public("n"), public("i")
    found: Value = fact(n, i).bit.value  # type: ignore[attr-defined]
    assert texts.fact(found) == text


def test_what_another_path_made_is_not_called_after_it(texts: Texts) -> None:
    v = (secret("first") ^ secret("second")) + secret("third") * secret("fourth")
    one, other = Texts(texts.words), Texts(texts.words)
    one.made(v.value, "x5", 0x1C4)
    assert one.called(v.value) == "x5@1c4"  # type: ignore[arg-type]
    assert other.called(v.value) == ""  # type: ignore[arg-type]
    assert Texts(texts.words, one).called(v.value) == "x5@1c4"  # type: ignore[arg-type]
    # Alone it is written out; within another value it is called by its name.
    assert "x5@1c4" not in one.of(v.value, 64)
    assert "x5@1c4" in one.of((v * secret("e")).value, 64)


def test_names_that_functions_hold_are_found() -> None:
    H, n = variable("h", 64, secret=False), 3

    def claims() -> object:
        return H, n

    assert dict(held_by([claims])) == {"H": H, "n": 3}


def test_each_text_stands_once_and_the_table_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from armsym.view import encoded

    monkeypatch.setattr(encoded, "ROOM", 10)
    s = Strings()
    assert s("abc") == s("abc") == 0
    assert s(("x1@4", "a + b + c")) == 1
    assert s(("x2@8", "d + e")) == 2
    # Beyond its room only the short names go in.
    assert s.list[s(("x3@c", "f + g"))] == "x3@c"


@pytest.mark.parametrize("sign", ["+", "^"])
def test_what_contains_what_was_made_before_says_so(texts: Texts, sign: str) -> None:
    free = [secret(name) for name in "abcdef"]
    a, b, c, d, e, f = free
    made = a + b + c + d + 77 if sign == "+" else a ^ b ^ c.reverse_bytes() ^ (d >> 3) ^ 77
    texts.made(made.value, "x7", 0x20)
    for v in (made + e - f + 5, made + e + 5, made ^ e ^ 0xFF00, (made ^ e) + f, made + a, made - 77):
        text = texts.of(v.value, 64)
        for x in EDGES:
            values = {var(w): x >> 3 * k ^ k for k, w in enumerate(free)}
            given = {w.name: value for w, value in values.items()} | {"x7_20": number(made, values)}
            assert read(text.replace("x7@20", "x7_20"), given) == number(v, values), text
    larger = made + e if sign == "+" else made ^ e
    assert texts.of(larger.value, 64) == f"x7@20 {sign} e"


def test_one_name_is_one_value(texts: Texts) -> None:
    # Unknown registers of two loops, and what one instruction makes when it is met again, are not the same.
    first, second = secret("x4"), secret("x4")
    said = [texts.of(v.value, 64) for v in (first, second, first)]
    assert said == ["any x4", "any x4'", "any x4"]
    i, j = public("k"), public("k")
    assert [texts.words.number((v + 1).value) for v in (i, j)] == ["k + 1", "k' + 1"]
    again = Texts(texts.words)
    for v in (first * second, first * first):
        again.made(v.value, "x9", 0x40)
    assert [again.called((first * w).value) for w in (second, first)] == ["x9@40", "x9@40#2"]  # type: ignore[arg-type]


@pytest.mark.parametrize("ahead", [0, 8, 16, None])
def test_a_block_of_a_part_is_called_by_its_place_in_the_part(ahead: int | None) -> None:
    """Of the word at 16 * k + 8 of a buffer, by a view of what begins `ahead` bytes in it (None: at a symbol)."""

    def fn(p: Proof) -> None:
        d = p.nat("d", high=64) if ahead is None else Bits(64, ahead)
        n = p.nat("n", high=64)
        view = Part(p.region("data", d + 16 * n, access="r", cell=8), at=d, size=16 * n).blocks(2, 64)
        p.fold(lambda h, m: [h[0] ^ m[0]], start=[Bits(64, 0)], over=view, name="H")
        p.ensures(lambda s: {"x": s.x0 == p.entry.x0})

    v = Vocabulary(record(fn))
    names = [v.cell("data", 16 * k + 8) for k in range(2)]
    plain = ["data[8:+8]", "data[24:+8]"]
    assert (
        names
        == {
            0: ["data(0)[1]", "data(1)[1]"],
            8: ["data(0)[0]", "data(1)[0]"],
            16: [plain[0], "data(0)[1]"],
            None: plain,
        }[ahead]
    )
