"""Defects planted in the audit's semantics: the comparison with Unicorn has to see each."""

from __future__ import annotations

import pytest
from audited import check_word, planted, words_of

from armsym.audit.words import TooWide
from armsym.conform.unicorn_oracle import UnicornCore

#: Module, name of a form that has the defect, and what is written for what.
DEFECTS = [
    ("immediate", "ADR, ADRP", "distance << 12", "distance << 11"),
    ("immediate", "ADD, SUB (immediate)", '12 * f["sh"]', "0"),
    (
        "immediate",
        "ADD, SUB (immediate)",
        "Flags.of_difference(w, width, a, b, result)",
        "Flags.of_result(w, width, result)",
    ),
    (
        "immediate",
        "AND, ORR, EOR (immediate)",
        "bits >> by | bits << element - by",
        "bits << by | bits >> element - by",
    ),
    ("immediate", "MOVN, MOVZ, MOVK", "ones(width) ^ 0xFFFF << at)", "ones(width))"),
    ("immediate", "SBFM, BFM, UBFM", "w.extended(field, count, width)", "field"),
    (
        "immediate",
        "EXTR",
        "w.shr(low_part, low), w.lsl(width, high_part",
        "w.shr(high_part, low), w.lsl(width, low_part",
    ),
    ("register", "AND, ORR, EOR (shifted register)", "w.not_(width, b)", "b"),
    ("register", "ADD, SUB (extended register)", "if sign else low", "if not sign else low"),
    ("register", "ADC, SBC", "w.add(width, a, b, carry)", "w.add(width, a, b)"),
    ("register", "CSEL, CSINC, CSINV, CSNEG", 'if f["o2"]', 'if f["op"] and f["o2"]'),
    ("register", "CCMN, CCMP (register)", "(3, 2, 1, 0)", "(0, 1, 2, 3)"),
    ("register", "RBIT, REV16, REV32, REV", "8, 8 << opcode", "8, width"),
    ("register", "LSLV, LSRV, ASRV, RORV", "if kind == 2 else w.joined(width, (a, a))", "if kind == 2 else a"),
    (
        "register",
        "MADD, MSUB",
        'if f["o0"] else w.add(width, a, product)',
        'if not f["o0"] else w.add(width, a, product)',
    ),
    ("register", "UMULH", 'read(m, 64, f["Rm"])), 64)', 'read(m, 64, f["Rm"])), 63)'),
    ("branches", "B, BL", "m.image_address(pc + 4)", "m.image_address(pc)"),
    ("branches", "TBZ, TBNZ", 'f["b5"] << 5 | f["b40"]', 'f["b40"]'),
    ("branches", "CBZ, CBNZ", 'w.inverted(condition) if f["op"]', 'w.inverted(condition) if not f["op"]'),
    ("memory", "LDR, STR (post-index)", "before if post else after", "after"),
    ("memory", "LDUR, STUR", 'signed(f["imm9"], 9)', 'f["imm9"]'),
    ("memory", "LDR, STR (unsigned offset)", 'f["imm12"] << scale', 'f["imm12"] << f["size"]'),
    ("memory", "LDR, STR (register offset)", 'scale if f["S"] else 0', "scale"),
    ("memory", "LDP, STP", "first = before if post else after", "first = before"),
    ("structures", "LD1 to LD4, ST1 to ST4", "element * (e * count + k)", "element * (k * elements + e)"),
    ("structures", "LD1 to LD4, ST1 to ST4 (single structure)", "first = places[0] * per", "first = 0"),
    (
        "structures",
        "LD1 to LD4, ST1 to ST4 (post-index)",
        'm.words.const(size) if f["Rm"] == 31',
        'm.words.const(16) if f["Rm"] == 31',
    ),
    ("moves", "EXT", "low[:per] + high[:per]", "high[:per] + low[:per]"),
    ("moves", "UZP, TRN, ZIP", "count // 2 + (e >> 1)", "(e >> 1)"),
    ("moves", "TBL, TBX", '(f["Rn"] + k) % 32', '(f["Rn"] + 0) % 32'),
    ("moves", "INS (element)", 'f["imm4"] // (size // 8)', 'f["imm4"] & 1'),
    ("moves", "REV64, REV32, REV16", "within - 1 - e % within", "within - 1 - (e % within ^ 1) % within"),
    ("lanewise", "SADDLP, UADDLP, SADALP, UADALP", "zip(wide[::2], wide[1::2]", "zip(wide[::2], wide[::2]"),
    ("lanewise", "SADDLP, UADDLP, SADALP, UADALP", 'if f["added"]', 'if not f["added"]'),
    ("vectors", "ADD, SUB (vector)", 'w.sub if f["U"]', 'w.sub if not f["U"]'),
    (
        "vectors",
        "AND, BIC, ORR, ORN, EOR, BSL, BIT, BIF",
        "w.and_(w.xor(d, n), w.not_(width, m))",
        "w.and_(w.xor(d, n), m)",
    ),
    ("vectors", "shift (immediate)", "ones(size) ^ ones(size - right)", "ones(size) ^ ones(right)"),
    ("vectors", "MOVI, MVNI, ORR, BIC (immediate)", "imm8 << 8 | 0xFF", "imm8 << 8"),
    ("vectors", "PMULL", 'lanes[count:] if f["Q"]', 'lanes[:count] if f["Q"]'),
    ("hashing", "SHA1C", "x[1] = w.ror(32, x[1], 2)", "x[1] = w.ror(32, x[1], 30)"),
    ("hashing", "SHA256H", "y[0], 6, 11, 25", "y[0], 6, 11, 26"),
    ("hashing", "SHA256SU1", "17, 19, 10", "17, 19, 3"),
    ("hashing", "SHA512H2", "_majority(w, high, y[0], y[1])", "_majority(w, high, y[0], x[1])"),
    ("hashing", "EOR3, BCAX", "w.not_(width, a)", "a"),
    ("aes", "AESE, AESD", "c - r if inverse else c + r", "c + r if inverse else c - r"),
    ("aes", "AESMC, AESIMC", "(0, 1, 3, 4)", "(0, 1, 3, 5)"),
    ("products", "SQDMULH, SQRDMULH", "w.sub(size, high, too_large)", "high"),
    ("products", "SQDMULH, SQRDMULH", "1 << size - 2", "1 << size - 1"),
    ("products", "vector product (by element)", 'f["H"] << 1 | f["L"]', 'f["L"] << 1 | f["H"]'),
    ("products", "SMULL, UMULL, SMLAL, UMLAL, SMLSL, UMLSL", "0b1000: 1, 0b1010: -1", "0b1000: -1, 0b1010: 1"),
    ("lanewise", "CMGT, CMHI, CMGE, CMHS, CMEQ, CMTST", "w.not_(width, b), w.const(1))", "w.not_(width, b))"),
    ("lanewise", "SSHL, USHL", "left if known < 128", "left if known < 256"),
    ("lanewise", "SSHL, USHL", "w.shr(by, 7)", "w.shr(by, 6)"),
    ("lanewise", "CNT", "for k in range(8)", "for k in range(7)"),
    ("lanewise", "ADDV, SADDLV, UADDLV, SMAXV, UMAXV, SMINV, UMINV", "(b, a) if opcode", "(a, b) if opcode"),
    ("chinese", "SM3PARTW1", "e < 3 else out[0]", "e < 3 else both[0]"),
    ("chinese", "SM3TT1A, SM3TT1B, SM3TT2A, SM3TT2B", "w.xor(d[2], d[1])", "w.xor(d[2], d[0])"),
    ("chinese", "SM4E", "2, 10, 18, 24", "2, 10, 18, 23"),
]


@pytest.fixture(scope="module")
def core() -> UnicornCore:
    return UnicornCore()


@pytest.mark.parametrize(("module", "name", "before", "after"), DEFECTS, ids=lambda v: v if len(str(v)) < 40 else None)
def test_a_planted_defect_is_seen(module: str, name: str, before: str, after: str, core: UnicornCore) -> None:
    form, executor = planted(module, name, before, after)
    for word in words_of(form, 3, 150):
        try:
            if check_word(core, word, 3, 4, executor)[1]:
                return
        except TooWide:
            return
    raise AssertionError(f"{before!r} -> {after!r} is not noticed")
