"""What a polynomial is made of, as people say it: rotations, byte reversals, parts of words, products."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from armsym.terms.node import Mono, Term, ones

__all__ = ["Product", "Said", "pieces", "reversed_bytes"]


class Said:
    """A piece of a polynomial that is said in one word of its base."""

    def __init__(self, form: str, base: Term) -> None:
        self.form, self.base = form, base

    def __call__(self, inner: Callable[[Term], str]) -> str:
        return self.form.format(inner(self.base))


class Product:
    """A monomial as it is."""

    def __init__(self, m: Mono, mask: int, width: int) -> None:
        self.m, self.mask, self.width = m, mask, width

    def __call__(self, inner: Callable[[Term], str]) -> str:
        factors = []
        for base, s in self.m.factors:
            text = inner(base)
            factors.append(text if s == 0 else f"({text} {'>>' if s > 0 else '<<'} {abs(s)})")
        if self.mask != self.m.valid & ones(self.width):
            factors.append(f"{self.mask:#x}")
        return " & ".join(factors)


def pieces(entries: dict[Mono, int], width: int) -> Iterator[Said | Product]:
    """The pieces whose XOR a polynomial is, rotations and byte reversals as one."""
    singles: dict[Term, dict[int, tuple[Mono, int]]] = {}
    products = []
    for m, mask in entries.items():
        if len(m.factors) == 1:
            base, s = m.factors[0]
            singles.setdefault(base, {})[s] = (m, mask)
        else:
            products.append((m, mask))
    for base, at in singles.items():
        rev = reversed_bytes(dict(at.values())) if len(at) > 1 else None
        if rev is not None:
            yield Said(rev, base)
            continue
        rest = dict(at)
        for s in sorted(at):
            if s <= 0 or s not in rest:
                continue
            back = s - base.width
            if back in rest and rest[s][1] | rest[back][1] == ones(base.width) and not rest[s][1] & rest[back][1]:
                yield Said(f"ror({{}}, {s})", base)
                del rest[s], rest[back]
        for s, (m, mask) in rest.items():
            yield _single(base, s, m, mask, width)
    for m, mask in products:
        yield Product(m, mask, width)


def _single(base: Term, s: int, m: Mono, mask: int, width: int) -> Said | Product:
    """base[p + s] at the bits of a mask."""
    low, high = (mask & -mask).bit_length() - 1, mask.bit_length() - 1
    # A shift to the left drops what is beyond the word; any other bits that are dropped are to be seen.
    whole = base.pb >> width + s == 0 if width + s >= 0 else False
    if mask != ones(high + 1) & ~ones(low) or (
        mask == m.valid & ones(width) and (whole or (s < 0 and base.width == width))
    ):
        return Product(m, mask, width)  # not one run of bits, or all there are
    part = f"{{}}[{high + s}:{low + s}]" if (low + s, high + s) != (0, base.width - 1) else "{}"
    return Said(f"({part} << {low})" if low else part, base)


def reversed_bytes(entries: dict[Mono, int]) -> str | None:
    """How the bytes of one base are reversed in all of a value's bytes; None if it is something else."""
    n = len(entries)
    if n not in (2, 4, 8):
        return None
    base = None
    for m, mask in entries.items():
        if len(m.factors) != 1 or (base is not None and m.factors[0][0] is not base):
            return None
        base, s = m.factors[0]
        k = ((mask & -mask).bit_length() - 1) // 8
        if base.width != 8 * n or k >= n or mask | 0xFF << 8 * k != 0xFF << 8 * k or s != 8 * (n - 1 - 2 * k):
            return None
    return "rev({})"
