"""Width-checked bit vectors and conditions, each a plain integer or a symbolic term.

`Bits` is the only value that instruction semantics and specifications compute with.
When every operand is a plain integer the result is one; as soon as one operand is a
term the result is a term in normal form.  The same Python text therefore runs on
numbers (to be tested) and on symbols (to be proved).

`Prop` is a condition on such values.  A symbolic `Prop` has no Python truth value:
`if` on it raises `SymbolicTruthError`; use `ite`.
"""

from armsym.bits.choose import ite, look_up, select
from armsym.bits.opaque import OpaqueFunction, opaque
from armsym.bits.vector import Bits, BitsLike, Prop, concat

__all__ = ["Bits", "BitsLike", "OpaqueFunction", "Prop", "concat", "ite", "look_up", "opaque", "select"]
