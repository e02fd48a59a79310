"""Loads and stores (Arm ARM C4.1)."""

from __future__ import annotations

from armsym.isa import Instruction
from semantics.loads_and_stores.advanced_simd_multiple_structures import AdvancedSimdMultipleStructures
from semantics.loads_and_stores.advanced_simd_multiple_structures_post_indexed import (
    AdvancedSimdMultipleStructuresPostIndexed,
)
from semantics.loads_and_stores.advanced_simd_single_structure import AdvancedSimdSingleStructure
from semantics.loads_and_stores.advanced_simd_single_structure_post_indexed import (
    AdvancedSimdSingleStructurePostIndexed,
)
from semantics.loads_and_stores.atomic_memory_operations import LoadAcquireRCpc
from semantics.loads_and_stores.load_register_literal import LoadRegisterLiteral
from semantics.loads_and_stores.load_store_no_allocate_pair_offset import LoadStoreNoAllocatePairOffset
from semantics.loads_and_stores.load_store_ordered import LoadStoreOrdered
from semantics.loads_and_stores.load_store_register_immediate_post_indexed import (
    LoadStoreRegisterImmediatePostIndexed,
)
from semantics.loads_and_stores.load_store_register_immediate_pre_indexed import (
    LoadStoreRegisterImmediatePreIndexed,
)
from semantics.loads_and_stores.load_store_register_pair_offset import LoadStoreRegisterPairOffset
from semantics.loads_and_stores.load_store_register_pair_post_indexed import LoadStoreRegisterPairPostIndexed
from semantics.loads_and_stores.load_store_register_pair_pre_indexed import LoadStoreRegisterPairPreIndexed
from semantics.loads_and_stores.load_store_register_register_offset import LoadStoreRegisterRegisterOffset
from semantics.loads_and_stores.load_store_register_unprivileged import LoadStoreRegisterUnprivileged
from semantics.loads_and_stores.load_store_register_unscaled import LoadStoreRegisterUnscaled
from semantics.loads_and_stores.load_store_register_unsigned_immediate import (
    LoadStoreRegisterUnsignedImmediate,
)

#: Every encoding class of the group that is modelled, in the manual's order.  Exclusives, the
#: read-modify-write atomics, compare and swap, tags and memory copy are left out.
CLASSES: list[type[Instruction]] = [
    AdvancedSimdMultipleStructures,
    AdvancedSimdMultipleStructuresPostIndexed,
    AdvancedSimdSingleStructure,
    AdvancedSimdSingleStructurePostIndexed,
    LoadStoreOrdered,
    LoadRegisterLiteral,
    LoadStoreNoAllocatePairOffset,
    LoadStoreRegisterPairPostIndexed,
    LoadStoreRegisterPairOffset,
    LoadStoreRegisterPairPreIndexed,
    LoadStoreRegisterUnscaled,
    LoadStoreRegisterImmediatePostIndexed,
    LoadStoreRegisterUnprivileged,
    LoadStoreRegisterImmediatePreIndexed,
    LoadAcquireRCpc,
    LoadStoreRegisterRegisterOffset,
    LoadStoreRegisterUnsignedImmediate,
]
