"""Data-independent timing: which forms Arm lists, under the assembler's names.

With PSTATE.DIT = 1 the duration of these instructions does not depend on the values of their registers, of the flags,
or of what is loaded or stored: Arm ARM C6.2 and C7.2, "Operational information" of each instruction, and the
register DIT, "Data Independent Timing" (D24.2).  What stands in neither list is not data-independent: division, FMOV,
most saturating arithmetic, rounding shifts and halving additions that round.
"""

from __future__ import annotations

__all__ = ["ANNOUNCED", "LISTED"]

_GENERAL = """
    adc adcs add adds and ands asr bfc bfi bfxil bic bics ccmn ccmp cinc cinv cls clz cmn cmp cneg csel cset csetm
    csinc csinv csneg eon eor extr lsl lsr madd mneg mov movk movn movz msub mul mvn neg negs ngc ngcs orn orr rbit rev
    rev16 rev32 ror sbc sbcs sbfiz sbfx smaddl smnegl smsubl smulh smull sub subs sxtb sxth sxtw tst ubfiz ubfx umaddl
    umnegl umsubl umulh umull uxtb uxth crc32b crc32h crc32w crc32x crc32cb crc32ch crc32cw crc32cx
"""

_CRYPTOGRAPHIC = """
    aesd aese aesimc aesmc bcax eor3 rax1 xar sha1c sha1h sha1m sha1p sha1su0 sha1su1 sha256h sha256h2 sha256su0
    sha256su1 sha512h sha512h2 sha512su0 sha512su1 sm3partw1 sm3partw2 sm3ss1 sm3tt1a sm3tt1b sm3tt2a sm3tt2b sm4e
    sm4ekey
"""

_SIMD = """
    abs addhn addhn2 addp addv bif bit bsl cmeq cmge cmgt cmhi cmhs cmle cmlt cmtst cnt dup ext fcsel mla mls movi mvni
    pmul pmull pmull2 raddhn raddhn2 rev64 rshrn rshrn2 rsubhn rsubhn2 saba sabal sabal2 sabd sabdl sabdl2 sadalp saddl
    saddl2 saddlp saddlv saddw saddw2 sdot shadd shl shll shll2 shrn shrn2 shsub sli smax smaxp smaxv smin sminp sminv
    smlal smlal2 smlsl smlsl2 smov smull2 sqdmulh sqrdmlah sqrdmlsh sqrdmulh sri sshl sshll sshll2 sshr ssra ssubl
    ssubl2 ssubw ssubw2 subhn subhn2 tbl tbx trn1 trn2 uaba uabal uabal2 uabd uabdl uabdl2 uadalp uaddl uaddl2 uaddlp
    uaddlv uaddw uaddw2 udot uhadd uhsub umax umaxp umaxv umin uminp uminv umlal umlal2 umlsl umlsl2 umov umull2 ushl
    ushll ushll2 ushr usra usubl usubl2 usubw usubw2 uzp1 uzp2 xtn xtn2 zip1 zip2
"""

#: "every load and store instruction is insensitive to the value of the data being loaded or stored"
_MEMORY = """
    ld1 ld1r ld2 ld2r ld3 ld3r ld4 ld4r ldapr ldaprb ldaprh ldar ldarb ldarh ldlar ldlarb ldlarh ldnp ldp ldpsw ldr ldrb
    ldrh ldrsb ldrsh ldrsw ldtr ldtrb ldtrh ldtrsb ldtrsh ldtrsw ldur ldurb ldurh ldursb ldursh ldursw st1 st2 st3 st4
    stllr stllrb stllrh stlr stlrb stlrh stnp stp str strb strh sttr sttrb sttrh stur sturb sturh
"""

#: Mnemonics on Arm's lists.
LISTED = frozenset((_GENERAL + _CRYPTOGRAPHIC + _SIMD + _MEMORY).split())

#: Not on them, but all that their duration depends on is announced as it is met: conditions, targets, addresses.
ANNOUNCED = frozenset(["b", "bl", "blr", "br", "cbnz", "cbz", "ret", "tbnz", "tbz", "prfm", "prfum"])
