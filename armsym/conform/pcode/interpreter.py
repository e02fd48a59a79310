"""P-code as Z3 terms: what the operations of one instruction do to registers and memory.

Operations as in Ghidra's P-code reference manual.  Nothing of armsym's own values is used
here: a mistake in our normal form must not cancel itself out in the comparison.

Whatever is not known to be understood raises `Unsupported`; an operation is never skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import z3

__all__ = ["Final", "State", "Unsupported", "run"]

#: More operations than any instruction has on one path: a loop inside the instruction.
_STEPS = 4096
#: More paths than a conditional instruction has.
_PATHS = 16


class Unsupported(Exception):
    """The P-code of the word says too little: a call of an undescribed function, a floating-point operation."""


class State:
    """Bytes of the register and temporary spaces, and memory as an array of bytes.

    Each byte is (value, number): byte `number` of a value that was written as a whole, so that
    reading what was written gives the same term back.
    """

    __slots__ = ("memory", "pieces")

    def __init__(self, memory: Any, pieces: dict[tuple[str, int], tuple[Any, int]] | None = None) -> None:
        self.memory = memory
        self.pieces = {} if pieces is None else pieces

    def copy(self) -> State:
        """An independent state with the same contents."""
        return State(self.memory, dict(self.pieces))

    def write(self, space: str, offset: int, value: Any) -> None:
        """Set the bytes from `offset` on to a value whose width is a multiple of 8."""
        for k in range(value.size() // 8):
            self.pieces[space, offset + k] = (value, k)

    def read(self, space: str, offset: int, size: int) -> Any:
        """The `size` bytes from `offset` on, little-endian."""
        runs: list[list[Any]] = []  # [value, first byte, number of bytes]
        for k in range(size):
            piece = self.pieces.get((space, offset + k))
            if piece is None:
                raise Unsupported(f"reads {space}[{offset:#x}], which nothing wrote")
            value, byte = piece
            if runs and runs[-1][0] is value and runs[-1][1] + runs[-1][2] == byte:
                runs[-1][2] += 1
            else:
                runs.append([value, byte, 1])
        parts = [
            value if 8 * n == value.size() else z3.Extract(8 * (first + n) - 1, 8 * first, value)
            for value, first, n in runs
        ]
        return parts[0] if len(parts) == 1 else z3.Concat(*reversed(parts))

    def load(self, address: Any, size: int) -> Any:
        """`size` bytes of memory, little-endian."""
        return load(self.memory, address, size)

    def store(self, address: Any, value: Any) -> None:
        """Write a value to memory, little-endian."""
        self.memory = store(self.memory, address, value)


def load(memory: Any, address: Any, size: int) -> Any:
    """`size` bytes of an array of bytes, little-endian."""
    parts = [z3.Select(memory, address + k if k else address) for k in range(size)]
    return parts[0] if size == 1 else z3.Concat(*reversed(parts))


def store(memory: Any, address: Any, value: Any) -> Any:
    """The array of bytes with a value stored, little-endian."""
    for k in range(value.size() // 8):
        memory = z3.Store(memory, address + k if k else address, z3.Extract(8 * k + 7, 8 * k, value))
    return memory


class Final:
    """The end of one path: under `condition`, this state and this next PC."""

    __slots__ = ("condition", "next_pc", "state")

    def __init__(self, condition: Any, state: State, next_pc: Any) -> None:
        self.condition, self.state, self.next_pc = condition, state, next_pc


def _boolean(condition: Any) -> Any:
    return z3.If(condition, z3.BitVecVal(1, 8), z3.BitVecVal(0, 8))


def _wide(a: Any, b: Any, extend: Callable[[int, Any], Any]) -> tuple[Any, Any]:
    return extend(1, a), extend(1, b)


def _carry(a: Any, b: Any) -> Any:
    x, y = _wide(a, b, z3.ZeroExt)
    return z3.Extract(a.size(), a.size(), x + y) == 1


def _signed_overflow(a: Any, b: Any, *, subtract: bool) -> Any:
    # The sum in one bit more: its two upper bits differ exactly when it does not fit.
    x, y = _wide(a, b, z3.SignExt)
    total = x - y if subtract else x + y
    w = a.size()
    return z3.Extract(w, w, total) != z3.Extract(w - 1, w - 1, total)


def _shift(a: Any, b: Any, shift: Callable[[Any, Any], Any]) -> Any:
    # Amounts are unsigned and may be of another width; Z3 shifts, too, give 0 (or the sign) from the
    # width on, but the amount must not lose upper bits.
    w = max(a.size(), b.size())
    amount = b if b.size() == w else z3.ZeroExt(w - b.size(), b)
    if w == a.size():
        return shift(a, amount)
    limit = z3.BitVecVal(a.size(), w)
    return shift(a, z3.Extract(a.size() - 1, 0, z3.If(z3.UGE(amount, limit), limit, amount)))


def _count(a: Any, size: int) -> Any:
    total = z3.BitVecVal(0, 8 * size)
    for k in range(a.size()):
        total = total + z3.ZeroExt(8 * size - 1, z3.Extract(k, k, a))
    return total


def _leading(a: Any, size: int) -> Any:
    value = z3.BitVecVal(a.size(), 8 * size)
    for k in range(a.size()):
        value = z3.If(z3.Extract(k, k, a) == 1, z3.BitVecVal(a.size() - 1 - k, 8 * size), value)
    return value


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "INT_EQUAL": lambda a, b: a == b,
    "INT_NOTEQUAL": lambda a, b: a != b,
    "INT_LESS": z3.ULT,
    "INT_LESSEQUAL": z3.ULE,
    "INT_SLESS": lambda a, b: a < b,
    "INT_SLESSEQUAL": lambda a, b: a <= b,
    "INT_CARRY": _carry,
    "INT_SCARRY": lambda a, b: _signed_overflow(a, b, subtract=False),
    "INT_SBORROW": lambda a, b: _signed_overflow(a, b, subtract=True),
}

_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "INT_ADD": lambda a, b: a + b,
    "INT_SUB": lambda a, b: a - b,
    "INT_XOR": lambda a, b: a ^ b,
    "INT_AND": lambda a, b: a & b,
    "INT_OR": lambda a, b: a | b,
    "INT_MULT": lambda a, b: a * b,
    # By zero the manual leaves the result open; Ghidra's A64 branches around that.
    "INT_DIV": z3.UDiv,
    "INT_REM": z3.URem,
    "INT_SDIV": lambda a, b: a / b,
    "INT_SREM": z3.SRem,
    "BOOL_XOR": lambda a, b: a ^ b,
    "BOOL_AND": lambda a, b: a & b,
    "BOOL_OR": lambda a, b: a | b,
}

_SHIFTS: dict[str, Callable[[Any, Any], Any]] = {
    "INT_LEFT": lambda a, b: a << b,
    "INT_RIGHT": z3.LShR,
    "INT_SRIGHT": lambda a, b: a >> b,
}

_UNARY: dict[str, Callable[[Any], Any]] = {
    "COPY": lambda a: a,
    "INT_2COMP": lambda a: -a,
    "INT_NEGATE": lambda a: ~a,
    "BOOL_NEGATE": lambda a: a ^ 1,
}


def evaluate(name: str, inputs: Sequence[Any], size: int) -> Any:
    """The value of `size` bytes that an operation without side effects gives; raises `Unsupported`."""
    width = 8 * size
    if name in _COMPARE:
        value = _boolean(_COMPARE[name](*inputs))
    elif name in _BINARY:
        value = _BINARY[name](*inputs)
    elif name in _SHIFTS:
        value = _shift(inputs[0], inputs[1], _SHIFTS[name])
    elif name in _UNARY:
        value = _UNARY[name](*inputs)
    elif name == "INT_ZEXT":
        value = z3.ZeroExt(width - inputs[0].size(), inputs[0])
    elif name == "INT_SEXT":
        value = z3.SignExt(width - inputs[0].size(), inputs[0])
    elif name == "PIECE":
        value = z3.Concat(*inputs)
    elif name == "POPCOUNT":
        value = _count(inputs[0], size)
    elif name == "LZCOUNT":
        value = _leading(inputs[0], size)
    else:
        raise Unsupported(f"operation {name}")
    if value.size() != width:
        raise Unsupported(f"{name} gives {value.size()} bits for {width}")
    return value


def _subpiece(value: Any, drop: int, size: int) -> Any:
    """SUBPIECE: `drop` low bytes cut off, then `size` bytes, zeros beyond the end of the value."""
    available = value.size() - 8 * drop
    if available <= 0:
        return z3.BitVecVal(0, 8 * size)
    take = min(available, 8 * size)
    part = z3.Extract(8 * drop + take - 1, 8 * drop, value)
    return part if take == 8 * size else z3.ZeroExt(8 * size - take, part)


def _input(state: State, node: Any) -> Any:
    space = node.space.name
    if space == "const":
        return z3.BitVecVal(node.offset, 8 * node.size)
    if space == "ram":
        return state.load(z3.BitVecVal(node.offset, 64), node.size)
    if space in ("register", "unique"):
        return state.read(space, node.offset, node.size)
    raise Unsupported(f"space {space}")


def _output(state: State, node: Any, value: Any) -> None:
    space = node.space.name
    if space == "ram":
        state.store(z3.BitVecVal(node.offset, 64), value)
    elif space in ("register", "unique"):
        state.write(space, node.offset, value)
    else:
        raise Unsupported(f"writes space {space}")


def _address(state: State, op: Any) -> Any:
    if op.inputs[0].getSpaceFromConst().name != "ram":
        raise Unsupported(f"{op.opcode.name} outside of memory")
    address = _input(state, op.inputs[1])
    if address.size() != 64:
        raise Unsupported(f"an address of {address.size()} bits")
    return address


def run(ops: Sequence[Any], state: State, next_pc: int, harmless: frozenset[str] = frozenset()) -> list[Final]:
    """All paths through the operations of one instruction, with conditions that exclude each other.

    `next_pc` is the address of the next word.  `harmless` names user-defined operations without an
    output that change neither registers nor memory.  Raises `Unsupported`.
    """
    done: list[Final] = []
    after = z3.BitVecVal(next_pc, 64)
    open_paths: list[tuple[int, State, Any]] = [(0, state, z3.BoolVal(True))]
    steps = 0
    while open_paths:
        at, state, condition = open_paths.pop()
        while at < len(ops):
            steps += 1
            if steps > _STEPS or len(open_paths) + len(done) > _PATHS:
                raise Unsupported("a loop inside the instruction")
            op = ops[at]
            name = op.opcode.name
            if name in ("BRANCH", "CBRANCH", "CALL"):
                target = op.inputs[0]
                inside = target.space.name == "const"
                # A relative target is a signed number of operations.
                bits = 8 * target.size
                relative = (target.offset + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)
                if not inside and target.space.name != "ram":
                    raise Unsupported(f"{name} into space {target.space.name}")
                taken = condition
                if name == "CBRANCH":
                    flag = _input(state, op.inputs[1]) != 0
                    taken, condition = z3.And(condition, flag), z3.And(condition, z3.Not(flag))
                if inside:
                    if not 0 <= at + relative <= len(ops):
                        raise Unsupported(f"{name} out of the instruction")
                    open_paths.append((at + relative, state.copy(), taken))
                else:
                    done.append(Final(taken, state.copy(), z3.BitVecVal(target.offset, 64)))
                if name != "CBRANCH":
                    break
            elif name in ("BRANCHIND", "CALLIND", "RETURN"):
                target = _input(state, op.inputs[0])
                if target.size() != 64:
                    raise Unsupported(f"a branch to {target.size()} bits")
                done.append(Final(condition, state, target))
                break
            else:
                _step(state, op, name, harmless)
            at += 1
        else:
            done.append(Final(condition, state, after))
    return done


def _step(state: State, op: Any, name: str, harmless: frozenset[str]) -> None:
    if name == "IMARK":  # pypcode's mark of where an instruction begins
        return
    if name == "CALLOTHER":
        function = op.inputs[0].getUserDefinedOpName()
        if op.output is None and function in harmless:
            return
        raise Unsupported(f"function {function}")
    if name == "STORE":
        address = _address(state, op)
        state.store(address, _input(state, op.inputs[2]))
        return
    if op.output is None:
        raise Unsupported(f"operation {name} without an output")
    if name == "LOAD":
        value = state.load(_address(state, op), op.output.size)
    elif name == "SUBPIECE":
        if op.inputs[1].space.name != "const":
            raise Unsupported("SUBPIECE by a variable amount")
        value = _subpiece(_input(state, op.inputs[0]), op.inputs[1].offset, op.output.size)
    else:
        value = evaluate(name, [_input(state, n) for n in op.inputs], op.output.size)
    _output(state, op.output, value)
