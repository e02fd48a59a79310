"""Data processing -- Advanced SIMD, integer, and the floating-point moves (Arm ARM C4.1)."""

from __future__ import annotations

from armsym.isa import Instruction
from semantics.advanced_simd.across_lanes import AdvSIMDAcrossLanes
from semantics.advanced_simd.conversion_float_integer import ConversionFloatInteger
from semantics.advanced_simd.copy import AdvSIMDCopy
from semantics.advanced_simd.extract import AdvSIMDExtract
from semantics.advanced_simd.float_conditional_select import FloatConditionalSelect
from semantics.advanced_simd.float_data_processing_1_source import FloatDataProcessing1Source
from semantics.advanced_simd.float_immediate import FloatImmediate
from semantics.advanced_simd.modified_immediate import AdvSIMDModifiedImmediate
from semantics.advanced_simd.permute import AdvSIMDPermute
from semantics.advanced_simd.scalar_copy import AdvSIMDScalarCopy
from semantics.advanced_simd.scalar_pairwise import AdvSIMDScalarPairwise
from semantics.advanced_simd.scalar_shift_by_immediate import AdvSIMDScalarShiftByImmediate
from semantics.advanced_simd.scalar_three_different import AdvSIMDScalarThreeDifferent
from semantics.advanced_simd.scalar_three_same import AdvSIMDScalarThreeSame
from semantics.advanced_simd.scalar_three_same_extra import AdvSIMDScalarThreeSameExtra
from semantics.advanced_simd.scalar_two_register_misc import AdvSIMDScalarTwoRegisterMisc
from semantics.advanced_simd.scalar_x_indexed_element import AdvSIMDScalarXIndexedElement
from semantics.advanced_simd.shift_by_immediate import AdvSIMDShiftByImmediate
from semantics.advanced_simd.table_lookup import AdvSIMDTableLookup
from semantics.advanced_simd.three_different import AdvSIMDThreeDifferent
from semantics.advanced_simd.three_register_extension import AdvSIMDThreeRegisterExtension
from semantics.advanced_simd.three_same import AdvSIMDThreeSame
from semantics.advanced_simd.two_register_misc import AdvSIMDTwoRegisterMisc
from semantics.advanced_simd.vector_x_indexed_element import AdvSIMDVectorXIndexedElement

#: Every encoding class of the group, in the manual's order.
CLASSES: list[type[Instruction]] = [
    AdvSIMDScalarCopy,
    AdvSIMDScalarThreeSameExtra,
    AdvSIMDScalarTwoRegisterMisc,
    AdvSIMDScalarPairwise,
    AdvSIMDScalarThreeDifferent,
    AdvSIMDScalarThreeSame,
    AdvSIMDScalarShiftByImmediate,
    AdvSIMDScalarXIndexedElement,
    AdvSIMDTableLookup,
    AdvSIMDPermute,
    AdvSIMDExtract,
    AdvSIMDCopy,
    AdvSIMDThreeRegisterExtension,
    AdvSIMDTwoRegisterMisc,
    AdvSIMDAcrossLanes,
    AdvSIMDThreeDifferent,
    AdvSIMDThreeSame,
    AdvSIMDModifiedImmediate,
    AdvSIMDShiftByImmediate,
    AdvSIMDVectorXIndexedElement,
    ConversionFloatInteger,
    FloatDataProcessing1Source,
    FloatImmediate,
    FloatConditionalSelect,
]
