"""Vector products: of elements, by one element, doubled and saturating (Arm manual C4.1.97)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.audit.a64.moves import set_size
from armsym.audit.a64.vectors import half
from armsym.audit.form import Fields, Form
from armsym.audit.lanes import Lanes
from armsym.audit.machine import Machine
from armsym.audit.raw import ones
from armsym.audit.words import Words

__all__ = ["FORMS"]


def _product(w: Words, width: int, kept: int, a: int, b: int) -> int:
    """The low `kept` bits of the product of two words of `width` bits."""
    for number, other in ((w.constant(a), b), (w.constant(b), a)):
        if number is not None:
            return w.mulc(kept, other, number)
    whole = w.app("mul", (a, b), ones(2 * width))
    return whole if kept == 2 * width else w.mask(whole, ones(kept))


def _signed_product(w: Words, width: int, a: int, b: int) -> int:
    """The product of two signed words, as a signed word of twice the width."""
    a, b = w.extended(a, width, 2 * width), w.extended(b, width, 2 * width)
    return _product(w, 2 * width, 2 * width, a, b)


def _accumulated(w: Words, width: int, kind: int, d: int, product: int) -> int:
    """The product (0), the sum with it (1), or what is left without it (-1)."""
    return product if kind == 0 else w.add(width, d, product) if kind == 1 else w.sub(width, d, product)


def _same(m: Machine, f: Fields, kind: int, others: Sequence[int]) -> None:
    w, size = m.words, 8 << f["size"]
    source = m.lanes(f["Rn"], size)
    old = m.lanes(f["Rd"], size) if kind else source
    three = zip(old, source, others, strict=True)
    words = tuple(_accumulated(w, size, kind, d, _product(w, size, size, a, b)) for d, a, b in three)
    set_size(m, f["Rd"], f["Q"], Lanes(size, words))


def _multiply(m: Machine, f: Fields, pc: int) -> None:
    """MUL, MLA, MLS."""
    kind = 0 if f["mul"] else (-1 if f["U"] else 1)
    _same(m, f, kind, m.lanes(f["Rm"], 8 << f["size"]))


def _doubled_high(w: Words, size: int, a: int, b: int, rounded: int) -> int:
    """The upper half of twice the product of signed words; rounded: half a unit is added before.

    Only the smallest word times itself is too large: the upper half is then one more than the largest word.
    """
    product = _signed_product(w, size, a, b)
    if rounded:
        product = w.add(2 * size, product, w.const(1 << size - 2))
    high = w.bits(product, size - 1, size)
    # A product of 2^(2 * size - 2) or more: its sign is 0, and the bit below is 1.
    sign, below = w.bits(product, 2 * size - 1, 1), w.bits(product, 2 * size - 2, 1)
    too_large = w.and_(below, w.xor(sign, w.const(1)))
    return w.sub(size, high, too_large)


def _multiply_high(m: Machine, f: Fields, pc: int) -> None:
    """SQDMULH, SQRDMULH."""
    w, size = m.words, 8 << f["size"]
    pairs = zip(m.lanes(f["Rn"], size), m.lanes(f["Rm"], size), strict=True)
    words = tuple(_doubled_high(w, size, a, b, f["U"]) for a, b in pairs)
    set_size(m, f["Rd"], f["Q"], Lanes(size, words))


def _long(m: Machine, f: Fields, kind: int, others: Sequence[int]) -> None:
    w, size = m.words, 8 << f["size"]
    old = m.lanes(f["Rd"], 2 * size) if kind else others
    words = []
    for d, a, b in zip(old, half(m, f, f["Rn"], size), others, strict=True):
        product = _product(w, size, 2 * size, a, b) if f["U"] else _signed_product(w, size, a, b)
        words.append(_accumulated(w, 2 * size, kind, d, product))
    m.set_v(f["Rd"], Lanes(2 * size, tuple(words)))


#: Opcode of a long product: what becomes of it.
_LONG = {0b1000: 1, 0b1010: -1, 0b1100: 0}


def _multiply_long(m: Machine, f: Fields, pc: int) -> None:
    """SMULL, UMULL, SMLAL, UMLAL, SMLSL, UMLSL, and those of the upper halves."""
    _long(m, f, _LONG[f["opcode"]], half(m, f, f["Rm"], 8 << f["size"]))


# -- by one element


def _element(m: Machine, f: Fields) -> int:
    """The element of Vm that H, L, M and Rm name: of 16 bits in V0 to V15, or of 32."""
    if f["size"] == 1:
        return m.lanes(f["Rm"], 16)[f["H"] << 2 | f["L"] << 1 | f["M"]]
    return m.lanes(f["M"] << 4 | f["Rm"], 32)[f["H"] << 1 | f["L"]]


#: U:opcode of a product by an element, and what becomes of it.
_BY_ELEMENT = {0b0_1000: 0, 0b1_0000: 1, 0b1_0100: -1}
_LONG_BY_ELEMENT = {0b1010: 0, 0b0010: 1, 0b0110: -1}
_HIGH_BY_ELEMENT = {0b0_1100: 0, 0b0_1101: 1}


def _multiply_by_element(m: Machine, f: Fields, pc: int) -> None:
    w, size, number = m.words, 8 << f["size"], f["U"] << 4 | f["opcode"]
    element = _element(m, f)
    if f["opcode"] in _LONG_BY_ELEMENT:
        _long(m, f, _LONG_BY_ELEMENT[f["opcode"]], (element,) * (64 // size))
    elif number in _HIGH_BY_ELEMENT:
        rounded = _HIGH_BY_ELEMENT[number]
        words = tuple(_doubled_high(w, size, a, element, rounded) for a in m.lanes(f["Rn"], size))
        set_size(m, f["Rd"], f["Q"], Lanes(size, words))
    else:
        _same(m, f, _BY_ELEMENT[number], (element,) * (128 // size))


def _by_element_is_allocated(f: Fields) -> bool:
    number = f["U"] << 4 | f["opcode"]
    known = number in _BY_ELEMENT or number in _HIGH_BY_ELEMENT or f["opcode"] in _LONG_BY_ELEMENT
    return known and f["size"] in {1, 2}


def _sizes(*sizes: int) -> Callable[[Fields], bool]:
    return lambda f: f["size"] in sizes


FORMS = (
    Form(
        "MUL, MLA, MLS (vector)",
        "0 Q U 01110 size:2 1 Rm:5 1001 mul 1 Rn:5 Rd:5",
        _multiply,
        lambda f: f["size"] != 3 and not (f["U"] and f["mul"]),
    ),
    Form("SQDMULH, SQRDMULH", "0 Q U 01110 size:2 1 Rm:5 10110 1 Rn:5 Rd:5", _multiply_high, _sizes(1, 2)),
    Form(
        "SMULL, UMULL, SMLAL, UMLAL, SMLSL, UMLSL",
        "0 Q U 01110 size:2 1 Rm:5 opcode:4 00 Rn:5 Rd:5",
        _multiply_long,
        lambda f: f["opcode"] in _LONG and f["size"] != 3,
    ),
    Form(
        "vector product (by element)",
        "0 Q U 01111 size:2 L M Rm:4 opcode:4 H 0 Rn:5 Rd:5",
        _multiply_by_element,
        _by_element_is_allocated,
    ),
)
