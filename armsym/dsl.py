"""The verification DSL: all that a proof file imports.

from armsym.dsl import Bits, Proof, State, lanes, proof
"""

from armsym.bits import Bits, Prop, concat, ite, look_up, opaque, select
from armsym.errors import ArmsymError, InputError
from armsym.integers.expression import Integer, IntegerLike, Relation, Residue, congruent, integer, within
from armsym.proof.conditional import Conditional, unless, when
from armsym.proof.declare import Contract, Proof
from armsym.proof.examples import below, lanes_within
from armsym.proof.families import IntegerFamily
from armsym.proof.filters import Filter
from armsym.proof.handles import Blocks, Claims, Fold, Iterated, Number, Region, ResidueFold
from armsym.proof.induction import Theorem
from armsym.proof.loops import Loop
from armsym.proof.part import Part
from armsym.proof.registry import ProofDefinition, proof
from armsym.proof.state import State, Words, lanes

__all__ = [
    "ArmsymError",
    "Bits",
    "Blocks",
    "Claims",
    "Conditional",
    "Contract",
    "Filter",
    "Fold",
    "InputError",
    "Integer",
    "IntegerFamily",
    "IntegerLike",
    "Iterated",
    "Loop",
    "Number",
    "Part",
    "Proof",
    "ProofDefinition",
    "Prop",
    "Region",
    "Relation",
    "Residue",
    "ResidueFold",
    "State",
    "Theorem",
    "Words",
    "below",
    "concat",
    "congruent",
    "integer",
    "ite",
    "lanes",
    "lanes_within",
    "look_up",
    "opaque",
    "proof",
    "select",
    "unless",
    "when",
    "within",
]
