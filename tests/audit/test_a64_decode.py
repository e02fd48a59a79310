"""Which words the audit reads, and as what: compared with Capstone, and with armsym's own decoder, both ways."""

from __future__ import annotations

import random
import re

import pytest
from audited import words_of

from armsym.audit.a64 import FORMS
from armsym.audit.decode import decode
from armsym.audit.form import Form
from armsym.audit.machine import Unmodelled
from armsym.conform.capstone_oracle import Capstone
from semantics import A64

PC = 0x1000_0000

#: What Capstone calls words of a form, aliases included, where it is not the words of the form's name.
ALIASES = {
    "ADD, SUB (immediate)": "adds subs cmp cmn mov",
    "AND, ORR, EOR (immediate)": "ands tst mov",
    "MOVN, MOVZ, MOVK": "mov",
    "SBFM, BFM, UBFM": "asr lsl lsr sbfiz sbfx sxtb sxth sxtw bfi bfxil bfc ubfiz ubfx uxtb uxth",
    "EXTR": "ror",
    "AND, ORR, EOR (shifted register)": "ands tst mov mvn bic bics eon orn",
    "ADD, SUB (shifted register)": "adds subs cmp cmn neg negs",
    "ADD, SUB (extended register)": "adds subs cmp cmn",
    "ADC, SBC": "adcs sbcs ngc ngcs",
    "CSEL, CSINC, CSINV, CSNEG": "cset csetm cinc cinv cneg",
    "LSLV, LSRV, ASRV, RORV": "lsl lsr asr ror",
    "MADD, MSUB": "mul mneg",
    "SMADDL, SMSUBL, UMADDL, UMSUBL": "smull smnegl umull umnegl",
    "B.cond": "b.eq b.ne b.hs b.lo b.mi b.pl b.vs b.vc b.hi b.ls b.ge b.lt b.gt b.le b.al b.nv",
    "LDR, STR (unsigned offset)": "ldrb ldrh ldrsb ldrsh ldrsw strb strh prfm",
    "LDR, STR (register offset)": "ldrb ldrh ldrsb ldrsh ldrsw strb strh prfm",
    "LDR, STR (post-index)": "ldrb ldrh ldrsb ldrsh ldrsw strb strh",
    "LDR, STR (pre-index)": "ldrb ldrh ldrsb ldrsh ldrsw strb strh",
    "LDUR, STUR": "ldurb ldurh ldursb ldursh ldursw sturb sturh prfum",
    "LDP, STP": "ldpsw ldnp stnp",
    "DUP (element, scalar)": "mov",
    "INS (general)": "mov",
    "INS (element)": "mov",
    "SMOV, UMOV": "mov",
    "UZP, TRN, ZIP": "uzp1 uzp2 trn1 trn2 zip1 zip2",
    "AND, BIC, ORR, ORN, EOR, BSL, BIT, BIF": "mov",
    "shift (immediate)": "sshr ushr ssra usra srshr urshr sri shl sli",
    "shift (immediate, scalar)": "sshr ushr ssra usra srshr urshr sri shl sli",
    "SHRN": "shrn2",
    "SSHLL, USHLL": "sshll2 ushll2 sxtl sxtl2 uxtl uxtl2",
    "XTN": "xtn2",
    "NOT": "mvn",
    "PMULL": "pmull2",
    "SMULL, UMULL, SMLAL, UMLAL, SMLSL, UMLSL": "smull2 umull2 smlal2 umlal2 smlsl2 umlsl2",
    "vector product (by element)": "mul mla mls sqdmulh sqrdmulh smull umull smlal umlal smlsl umlsl "
    "smull2 umull2 smlal2 umlal2 smlsl2 umlsl2",
}
for _name in FORMS:
    if _name.name.startswith("LD1 to LD4"):
        ALIASES[_name.name] = "ld1 ld2 ld3 ld4 st1 st2 st3 st4 ld1r ld2r ld3r ld4r"


def _called(form: Form) -> set[str]:
    own = re.findall(r"[A-Z][A-Z0-9.]*", form.name.split(" (")[0].split(" to ")[0])
    return {name.lower() for name in own} | set(ALIASES.get(form.name, "").split())


@pytest.fixture(scope="module")
def capstone() -> Capstone:
    return Capstone()


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.name)
def test_what_a_form_accepts_is_what_capstone_calls_so(form: Form, capstone: Capstone) -> None:
    words = words_of(form, 1, 600)
    assert words
    called = _called(form)
    for word, text in zip(words, capstone.disassemble_many(words, PC), strict=True):
        assert text is not None, f"{word:#010x} is {form.name}, and Capstone rejects it"
        assert text.split(" ")[0] in called, f"{word:#010x} is {form.name}, and Capstone reads {text}"
        assert decode(word)[0] is form


def _near(form: Form, count: int) -> list[int]:
    """Words that fit the form's pattern, accepted or not."""
    rng = random.Random(form.pattern)
    return [form.value | rng.getrandbits(32) & ~form.mask for _ in range(count)]


def _left_out(form: Form, word: int) -> bool:
    """Base and loaded or stored register are one, and written back: armsym reads it, and refuses to execute it.

    And what of a name is left out: FMOV of half precision.
    """
    if form.name == "FMOV (general)":
        return word >> 22 & 3 == 3
    return form.name in {"LDR, STR (post-index)", "LDR, STR (pre-index)"} and word >> 5 & 31 == word & 31


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.name)
def test_what_a_form_refuses_no_one_calls_so(form: Form, capstone: Capstone) -> None:
    refused = []
    for word in _near(form, 400):
        try:
            decode(word)
            assert len(A64.matches(word)) == 1, f"{word:#010x} is {decode(word)[0].name}, and armsym does not read it"
        except Unmodelled:
            refused.append(word)
    texts = capstone.disassemble_many(refused, PC) if refused else []
    for word, text in zip(refused, texts, strict=True):
        if text and A64.matches(word) and not _left_out(form, word):
            assert text.split(" ")[0] not in _called(form), f"{word:#010x} is refused, and Capstone reads {text}"


def test_random_words_are_read_by_all_or_as_nothing(capstone: Capstone) -> None:
    rng = random.Random(5)
    words = [rng.getrandbits(32) for _ in range(60_000)]
    accepted = []
    for word in words:
        try:
            decode(word)
        except Unmodelled:
            continue
        accepted.append(word)
    assert len(accepted) > 15_000
    texts = capstone.disassemble_many(accepted, PC)
    for word, text in zip(accepted, texts, strict=True):
        form = decode(word)[0]
        assert (text or "").split(" ")[0] in _called(form), f"{word:#010x}: {form.name}, {text}"
        assert len(A64.matches(word)) == 1


def test_no_two_forms_accept_one_word() -> None:
    for k, f in enumerate(FORMS):
        for g in FORMS[k + 1 :]:
            if (f.value ^ g.value) & f.mask & g.mask:
                continue
            both = [w for w in words_of(f, 2, 300) + words_of(g, 2, 300) if f.accepts(w) and g.accepts(w)]
            assert not both, f"{both[0]:#010x} is {f.name} and {g.name}"


@pytest.mark.parametrize("word", [0, 0xFFFFFFFF, 0xD4000001, 0xD5384240, 0x1E602000, 0x9AC00800])
def test_what_is_no_form_is_refused(word: int) -> None:
    with pytest.raises(Unmodelled, match=f"{word:#010x}"):
        decode(word)


@pytest.mark.parametrize("word", [-1, 1 << 32])
def test_a_word_has_32_bits(word: int) -> None:
    with pytest.raises(ValueError, match="32 bits"):
        decode(word)


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [("0" * 31, "31 bits"), ("0" * 33, "33 bits"), ("a:16 a:16", "stands twice"), ("a:40", "40 bits")],
)
def test_a_pattern_is_of_32_bits(pattern: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Form("x", pattern, lambda m, f, pc: None)
