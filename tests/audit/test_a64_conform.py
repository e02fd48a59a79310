"""Every form that the audit knows, compared with Unicorn."""

from __future__ import annotations

import random
import time

import pytest
from audited import Misaligned, Recorder, check_word, run, words_of

from armsym.audit.a64 import FORMS
from armsym.audit.decode import execute
from armsym.audit.flags import Flags
from armsym.audit.form import Form
from armsym.audit.lanes import Lanes
from armsym.audit.machine import Branch, Machine, Unmodelled
from armsym.audit.raw import Program
from armsym.audit.words import TooWide, Words
from armsym.conform.capstone_oracle import Capstone
from armsym.conform.states import random_state
from armsym.conform.unicorn_oracle import UnicornCore

#: CPU seconds for each form.
SECONDS = 0.15
#: Words that are tried in any case.
LEAST = 12


@pytest.fixture(scope="module")
def core() -> UnicornCore:
    return UnicornCore()


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.name)
def test_form_does_as_unicorn(form: Form, core: UnicornCore) -> None:
    start, compared, done = time.process_time(), 0, 0
    words = words_of(form, 0, 150)
    random.Random(0).shuffle(words)
    for word in words:
        if done >= LEAST and time.process_time() - start > SECONDS:
            break
        found, different = check_word(core, word, 0, 8)
        assert not different, different[:3]
        compared, done = compared + found, done + 1
    assert done >= min(LEAST, len(words)) > 0
    assert compared >= 6 * done


#: The core's word lies at the beginning of a page; what is relative to other places, Capstone prints.
PLACES = (0x1000_0000, 0x1000_0FFC, 0x1000_1004, 0x1234_5678)
RELATIVE = ("ADR, ADRP", "B, BL", "B.cond", "CBZ, CBNZ", "TBZ, TBNZ")


@pytest.mark.parametrize("pc", PLACES)
@pytest.mark.parametrize("form", [f for f in FORMS if f.name in RELATIVE], ids=lambda f: f.name)
def test_distances_count_from_the_instruction(form: Form, pc: int) -> None:
    words = words_of(form, 4, 100)
    compared = 0
    for word in words:
        text = Capstone().disassemble_many([word], pc)[0]
        assert text is not None
        printed = int(text.split("#")[-1], 0)
        m = Recorder(random_state(0, "audit", word, 0, pc))
        step = execute(m, word, pc)
        if form.name == "ADR, ADRP":
            rd = word & 31
            assert rd == 31 or m.words.constant(m.x(rd)) == printed % 2**64, f"{word:#010x} at {pc:#x}"
        else:
            target = step.taken if isinstance(step, Branch) else step
            assert isinstance(target, int)
            assert target % 2**64 == printed % 2**64, f"{word:#010x} at {pc:#x}"
            if form.name == "B, BL" and word >> 31:
                assert m.words.constant(m.x(30)) == pc + 4
        compared += 1
    assert compared >= 80


@pytest.mark.parametrize(
    "word", [0xF94003E0, 0xA9400BE1, 0x4C4073E0, 0x3D8003E0, 0xF90003FF], ids=["LDR", "LDP", "LD1", "STR Q", "STR"]
)
def test_a_base_sp_that_is_not_aligned_is_asked_about(word: int) -> None:
    state = random_state(0, "audit", word, 0, 0)
    m, _ = run(word)
    assert m.sp_is_base
    with pytest.raises(Misaligned):
        run(word, state.with_register(31, state.window_base + 8))


class _Bare(Machine):
    """A machine that brings nothing."""

    def unset(self, name: str) -> int:
        return self.words.program.var(name, 1 if len(name) == 1 else 2 ** (128 if name[0] == "v" else 64) - 1)

    def load(self, address: int, size: int) -> int:
        raise AssertionError

    def store(self, address: int, size: int, value: int) -> None:
        raise AssertionError

    def image_address(self, address: int) -> int:
        raise AssertionError

    def sp_is_aligned(self) -> None:
        raise AssertionError


class _Wide(_Bare):
    """Its memory gives more than is asked for."""

    def load(self, address: int, size: int) -> int:
        return self.words.program.var("too much", 2 ** (8 * size + 1) - 1)


@pytest.mark.parametrize(("word", "name"), [(0xD503233F, "PACIASP"), (0xD50323BF, "AUTIASP")])
def test_pointer_authentication_is_refused_unless_the_machine_allows_it(word: int, name: str) -> None:
    with pytest.raises(Unmodelled, match=f"at 0x40, word {word:#010x}: {name}"):
        execute(_Bare(Words(Program())), word, 0x40)


def test_a_register_holds_no_more_than_it_can() -> None:
    m = _Bare(Words(Program()))
    w = m.words
    wide = w.program.var("wide", 2**65 - 1)
    for put in (
        lambda: m.set_x(0, wide),
        lambda: m.set_w(0, w.program.var("x", 2**33 - 1)),
        lambda: setattr(m, "sp", wide),
        lambda: m.set_v(0, Lanes(64, (w.zero, wide))),
        lambda: m.set_v(0, Lanes(8, (w.const(256),))),
        lambda: Flags.of_words(w, w.zero, w.zero, w.const(2), w.zero),
    ):
        with pytest.raises(TooWide, match="not shown to be a word of"):
            put()
    with pytest.raises(TooWide, match="8 bits"):
        execute(_Wide(Words(Program())), 0x39400000, 0)  # LDRB W0, [X0]


@pytest.mark.parametrize("word", [0x9E660000, 0x9E670000, 0x4F2C2420], ids=["FMOV X", "FMOV D", "SRSHR"])
def test_operands_that_may_take_time_are_announced(word: int) -> None:
    m, _ = run(word)
    assert m.leaks
    with pytest.raises(Unmodelled, match="duration may depend"):
        execute(_Bare(Words(Program())), word, 0)


def test_an_unmodelled_word_is_named_with_its_address() -> None:
    with pytest.raises(Unmodelled, match="at 0x40, word 0x00000000"):
        execute(_Bare(Words(Program())), 0, 0x40)


def test_a_w_register_that_was_written_is_read_as_it_is() -> None:
    m = _Bare(Words(Program()))
    value = m.words.program.var("value", 2**32 - 1)
    m.set_w(3, value)
    assert m.w(3) == m.x(3) == value
    m.set_x(3, m.x(4))
    assert m.w(3) != m.x(3)
    with pytest.raises(ValueError, match="X31"):
        m.set_x(31, value)
