"""The audit's semantics against armsym's, form by form, on numbers; and whose time may depend on data."""

from __future__ import annotations

import random

import pytest
from audited import Outside, after, moved_into_window, run, words_of

from armsym.audit.a64 import FORMS
from armsym.audit.form import Form
from armsym.audit.machine import TIMED
from armsym.conform.states import WINDOW_SIZE, random_state
from armsym.conform.unicorn_oracle import WORD_PC
from armsym.memory import ConcreteMemory, ConcreteRegion
from semantics import A64
from semantics.timing import ANNOUNCED, LISTED


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.name)
def test_form_does_as_armsym(form: Form) -> None:
    words = words_of(form, 6, 40)
    random.Random(6).shuffle(words)
    compared = 0
    for word in words[:12]:
        m, step = run(word)
        (instruction,) = A64.matches(word)
        for k in range(4):
            state = random_state(6, "armsym", word, k, WORD_PC)
            state = moved_into_window(word, m, state.with_register(31, state.sp & ~15))
            try:
                ours = after(m, step, state)
            except Outside:
                continue
            window = ConcreteRegion("window", state.window_base, bytearray(state.window), "rw")
            theirs = state.machine(ConcreteMemory([window]))
            instruction.execute(theirs)
            assert ours.block[:248] == b"".join(x.uint.to_bytes(8, "little") for x in theirs.x), f"{word:#010x}: X"
            assert int.from_bytes(ours.block[248:256], "little") == theirs.sp.uint, f"{word:#010x}: SP"
            assert ours.block[259] >> 4 == theirs.nzcv.bits.uint, f"{word:#010x}: NZCV"
            assert ours.block[272:784] == b"".join(v.uint.to_bytes(16, "little") for v in theirs.v), f"{word:#010x}: V"
            assert ours.block[-WINDOW_SIZE:] == bytes(window.data), f"{word:#010x}: memory"
            to = WORD_PC + 4 if theirs.branch_target is None else theirs.branch_target.uint
            assert ours.pc == to, f"{word:#010x}: PC"
            compared += 1
    assert compared >= 2 * min(len(words), 12)


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.name)
def test_what_arm_does_not_list_is_announced(form: Form) -> None:
    for word in words_of(form, 7, 40)[:60]:
        m, _ = run(word)
        (instruction,) = A64.matches(word)
        mnemonic = instruction.assembly(WORD_PC).split()[0].split(".")[0]
        listed = mnemonic in LISTED | ANNOUNCED or mnemonic in {"adr", "adrp", "nop", "bti", "paciasp", "autiasp"}
        assert bool(m.leaks) == (not listed), f"{word:#010x} is {mnemonic}"
        assert {name for _, name in m.leaks} == (set() if listed else {mnemonic})
        assert mnemonic not in TIMED or not listed
