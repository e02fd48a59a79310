"""What of A64 is left out on purpose: words that Capstone reads and this package does not model.

Reaching one of these words in a proof is an error like any other unmodelled word; this
file only tells the decode comparison that the gap is known, and why it is accepted.
Names of features and encoding groups are the Arm manual's (C4.1, "A64 instruction set encoding").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["OUT_OF_SCOPE", "ScopeRule"]


@dataclass(frozen=True)
class ScopeRule:
    """Words with word & mask == value, read as one of `mnemonics` with operands that fit the pattern.

    An empty set of mnemonics or an empty pattern stands for any.
    """

    feature: str
    reason: str
    mask: int = 0
    value: int = 0
    mnemonics: frozenset[str] = frozenset()
    operands: str = ""

    def covers(self, word: int, text: str) -> bool:
        """Whether this word, which a disassembler reads as `text`, is left out on purpose."""
        if word & self.mask != self.value:
            return False
        mnemonic, _, operands = text.partition(" ")
        if self.mnemonics and mnemonic not in self.mnemonics:
            return False
        return not self.operands or re.search(self.operands, operands) is not None


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _with(stems: str, suffixes: str) -> frozenset[str]:
    """Every stem with every suffix; `-` is the empty suffix."""
    return frozenset(s + ("" if t == "-" else t) for s in stems.split() for t in suffixes.split())


_ORDER_SIZE = "- a l al b ab lb alb h ah lh alh"
_STORE_ORDER_SIZE = "- l b lb h lh"
_ATOMIC = "add clr eor set smax smin umax umin"
_CONDITIONS = "eq ne hs lo mi pl vs vc hi ls ge lt gt le al nv"
_COPY_OPTIONS = "- wn rn n wt rt t wtn rtn tn wtwn rtrn wtrn rtwn twn trn"
_FLOAT = "floating-point arithmetic has no part in the cryptography of the standards at hand"

OUT_OF_SCOPE: tuple[ScopeRule, ...] = (
    ScopeRule("SVE, SVE2", "no fixed vector length to prove for", mask=0x1E000000, value=0x04000000),
    ScopeRule("SME", "streaming mode and the ZA array are not modelled", mask=0x9E000000, value=0x80000000),
    # -- Loads and stores that synchronise -----------------------------------------------------------
    ScopeRule(
        "Load/store exclusive",
        "proofs are about one thread; exclusive monitors are not modelled",
        mnemonics=_with("ldxr stxr ldaxr stlxr", "- b h") | _names("ldxp stxp ldaxp stlxp clrex"),
    ),
    ScopeRule(
        "FEAT_LSE",
        "atomic read-modify-write: proofs are about one thread",
        mnemonics=_with("cas swp", _ORDER_SIZE)
        | _names("casp caspa caspal caspl")
        | _with(" ".join("ld" + op for op in _ATOMIC.split()), _ORDER_SIZE)
        | _with(" ".join("st" + op for op in _ATOMIC.split()), _STORE_ORDER_SIZE),
    ),
    ScopeRule(
        "FEAT_LRCPC2",
        "ordered accesses with an unscaled offset; no routine at hand uses them",
        mnemonics=_with("ldapur stlur", "- b h") | _names("ldapursb ldapursh ldapursw"),
    ),
    ScopeRule("FEAT_LS64", "64-byte device accesses", mnemonics=_names("ld64b st64b st64bv st64bv0")),
    # -- Extensions outside user-level cryptography -----------------------------------------------------
    ScopeRule(
        "FEAT_MTE",
        "memory tags are not modelled",
        mnemonics=_names("addg subg irg gmi subp subps cmpp ldg ldgm stg st2g stzg stz2g stgm stzgm stgp"),
    ),
    ScopeRule(
        "FEAT_MOPS",
        "memory copy and set instructions",
        mnemonics=_with("cpyp cpym cpye cpyfp cpyfm cpyfe", _COPY_OPTIONS)
        | _with("setp setm sete setgp setgm setge", "- t n tn"),
    ),
    ScopeRule(
        "FEAT_PAuth beyond hints",
        "a keyed function of the core; only the hints are modelled, as disabled",
        mnemonics=_names("pacga ldraa ldrab braa braaz brab brabz blraa blraaz blrab blrabz")
        | _names("retaa retab eretaa eretab pacia paciza pacib pacizb pacda pacdza pacdb pacdzb xpaci xpacd")
        | _names("autia autiza autib autizb autda autdza autdb autdzb"),
    ),
    ScopeRule("FEAT_FlagM", "flag manipulation", mnemonics=_names("rmif setf8 setf16 cfinv axflag xaflag")),
    ScopeRule("FEAT_XS", "barriers with the nXS qualifier", mnemonics=_names("dsb"), operands="nxs$"),
    ScopeRule("FEAT_TME", "transactions", mnemonics=_names("tcancel tcommit tstart ttest")),
    ScopeRule("FEAT_HBC", "hinted conditional branches", mnemonics=frozenset(f"bc.{c}" for c in _CONDITIONS.split())),
    ScopeRule(
        "System instructions and registers",
        "privileged, or maintenance of caches and address translation",
        mask=0xFFC00000,
        value=0xD5000000,
        mnemonics=_names("sys sysl at dc ic tlbi cfp cpp dvp wfet wfit brb trcit smstart smstop"),
    ),
    ScopeRule(
        "System registers other than NZCV and DIT, and SP_EL0, which may be read",
        "privileged or device state, or floating-point control",
        mask=0xFFC00000,
        value=0xD5000000,
        mnemonics=_names("msr mrs"),
        operands=r"^(?!.*\b(nzcv|dit)\b|x\w+, sp_el0$)",
    ),
    ScopeRule("Exception return, debug state", "privileged", mnemonics=_names("eret drps dcps1 dcps2 dcps3")),
    # -- Floating point ---------------------------------------------------------------------------------
    ScopeRule(
        "Floating point",
        _FLOAT,
        mnemonics=_names(
            "fabd fabs facge facgt fadd faddp fccmp fccmpe fcmeq fcmge fcmgt fcmle fcmlt fcmp fcmpe "
            "fcvt fcvtas fcvtau fcvtl fcvtl2 fcvtms fcvtmu fcvtn fcvtn2 fcvtns fcvtnu fcvtps "
            "fcvtpu fcvtxn fcvtxn2 fcvtzs fcvtzu fdiv fjcvtzs fmadd fmax fmaxnm fmaxnmp fmaxnmv fmaxp "
            "fmaxv fmin fminnm fminnmp fminnmv fminp fminv fmla fmlal fmlal2 fmls fmlsl fmlsl2 fmsub "
            "fmul fmulx fneg fnmadd fnmsub fnmul frecpe frecps frecpx frint32x frint32z frint64x "
            "frint64z frinta frinti frintm frintn frintp frintx frintz frsqrte frsqrts fsqrt fsub "
            "scvtf ucvtf urecpe ursqrte"
        ),
    ),
    ScopeRule(
        "FEAT_FCMA, FEAT_BF16",
        _FLOAT,
        mnemonics=_names("fcadd fcmla bfcvt bfcvtn bfcvtn2 bfdot bfmlalb bfmlalt bfmmla"),
    ),
    # -- Advanced SIMD ----------------------------------------------------------------------------------
    ScopeRule(
        "FEAT_I8MM",
        "matrix multiplication and mixed-sign dot products of bytes",
        mnemonics=_names("usdot sudot smmla ummla usmmla"),
    ),
)
