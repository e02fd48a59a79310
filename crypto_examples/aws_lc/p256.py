"""Arithmetic modulo P-256's prime and order, and its tables, of AWS-LC."""

from __future__ import annotations

from collections.abc import Callable

from armsym.dsl import Bits, Claims, Proof, State, ite, proof
from crypto_examples.p256 import OPERATIONS, field, order_squares
from crypto_examples.wheels import AWS_LC

#: What the wheel has as assembly: its `ecp_nistz256_add` is compiled C that adds points.
_OPERATIONS = [name for name in OPERATIONS if name not in ("add", "to_mont", "from_mont")]

for _operation in _OPERATIONS:
    proof(_symbol := f"ecp_nistz256_{_operation}", of=AWS_LC, name=f"aws_lc_{_symbol}")(field(_operation))
proof(_symbol := "ecp_nistz256_ord_sqr_mont", of=AWS_LC, name=f"aws_lc_{_symbol}")(order_squares)


def _select(pairs: int, entries: int) -> Callable[[Proof], None]:
    """`void f(uint64_t r[2 * pairs], const uint64_t t[entries][2 * pairs], int index)`: entry `index`, or zeros.

    Entries are counted from 1.  The index is secret: every entry is read, whatever it is.
    """

    def prove(p: Proof) -> None:
        r = p.region("r", 16 * pairs, access="w")
        t = p.region("t", 16 * pairs * entries, access="r")
        index = p.word("index", 32)
        p.call(x0=r, x1=t, w2=index)
        p.modifies(r)

        @p.ensures
        def read(s: State) -> Claims:
            table, found = t.words(128), [Bits(128, 0)] * pairs
            for e in range(entries):
                # This entry where the index is its number, else what was found before: bit by bit, as the code chooses.
                mask = ite(index == e + 1, Bits(128, 2**128 - 1), Bits(128, 0))
                found = [f ^ ((f ^ table[pairs * e + k]) & mask) for k, f in enumerate(found)]
            return {"the entry": list(r.words(128, at=s) == found)}

    return prove


for _name, _pairs, _entries in (("w5", 6, 16), ("w7", 4, 64)):
    proof(_symbol := f"ecp_nistz256_select_{_name}", of=AWS_LC, name=_symbol)(_select(_pairs, _entries))
