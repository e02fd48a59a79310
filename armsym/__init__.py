"""armsym proves AArch64 (Armv8-A) machine code correct against executable standards.

The public face for proof files:

    from armsym import Bits, Proof, State, lanes, proof
"""

from armsym.bits import Bits, Prop, concat, ite, opaque
from armsym.errors import ArmsymError, InputError
from armsym.proof.declare import Proof
from armsym.proof.handles import Claims, State, Words, lanes
from armsym.proof.loops import Loop
from armsym.proof.registry import ProofDefinition, proof

__all__ = [
    "ArmsymError",
    "Bits",
    "Claims",
    "InputError",
    "Loop",
    "Proof",
    "ProofDefinition",
    "Prop",
    "State",
    "Words",
    "concat",
    "ite",
    "lanes",
    "opaque",
    "proof",
]
