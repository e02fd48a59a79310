"""What vectors of bits ask of the engine's operations, a standard that is recorded asks of nodes."""

from __future__ import annotations

import re
from pathlib import Path

import armsym.bits
from armsym.certify.record import Recorder
from armsym.terms import ops

#: No standard asks for these of what is not known.
LACKING = {"ashr_by", "asr", "lshr_by", "rotr_by", "shl_by", "slt", "table", "udiv", "ult"}


def test_each_operation_has_its_node() -> None:
    folder = Path(armsym.bits.__file__).parent
    asked = {name for file in folder.glob("*.py") for name in re.findall(r"\bops\.(\w+)\(", file.read_text())}
    assert {"add", "extract", "elements", "concat"} <= asked <= set(dir(ops))
    assert {name for name in asked if name not in vars(Recorder)} == LACKING
