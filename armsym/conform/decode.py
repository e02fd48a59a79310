"""Our decoder and assembler syntax compared with Capstone's, word by word."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from armsym.conform.capstone_oracle import Capstone, normalise
from armsym.conform.words import ClassWords
from armsym.isa import Instruction, InstructionSet

__all__ = ["DecodeMismatch", "DecodeResult", "check_decode_class", "check_decode_random", "check_decode_words"]

#: Address of the first word of every batch: PC-relative operands are compared as addresses.
PC = 0x1000_0000_0000
_BATCH = 4096


@dataclass(frozen=True)
class DecodeMismatch:
    """One word on which we and Capstone disagree; None stands for "rejected"."""

    word: int
    pc: int
    ours: str | None
    theirs: str | None
    note: str = ""

    def __str__(self) -> str:
        note = f"  ({self.note})" if self.note else ""
        return f"{self.word:#010x}  ours: {self.ours or 'rejected'}  |  Capstone: {self.theirs or 'rejected'}{note}"


@dataclass
class DecodeResult:
    """Counts of one run; `mismatch_count` is exact even where `mismatches` keeps only the first."""

    name: str
    seed: int
    words: int = 0
    accepted: int = 0
    rejected_by_both: int = 0
    out_of_scope: int = 0
    excepted: int = 0
    mismatch_count: int = 0
    mismatches: list[DecodeMismatch] = field(default_factory=list)
    combinations: int = 0
    enumerated: bool = True
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether no word was read differently."""
        return self.mismatch_count == 0

    def add(self, m: DecodeMismatch, keep: int) -> None:
        """Count a mismatch, and keep it if fewer than `keep` are kept."""
        self.mismatch_count += 1
        if len(self.mismatches) < keep:
            self.mismatches.append(m)


def _batches(words: Iterable[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for w in words:
        batch.append(w)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def check_decode_words(
    isa: InstructionSet,
    words: Iterable[int],
    result: DecodeResult,
    *,
    oracle: Capstone | None = None,
    keep: int = 100,
) -> DecodeResult:
    """Compare every word: same text where we accept, refused or declared out of scope where we do not."""
    oracle = oracle or Capstone()
    start = time.process_time()
    matches = isa.matches
    for batch in _batches(words):
        theirs_all = oracle.disassemble_many(batch, PC)
        result.words += len(batch)
        for k, (word, theirs) in enumerate(zip(batch, theirs_all, strict=True)):
            found = matches(word)
            pc = PC + 4 * k
            if len(found) == 1:
                result.accepted += 1
                ours = _assembly(found[0], pc)
                if ours != theirs and (theirs is None or normalise(ours) != normalise(theirs)):
                    result.add(DecodeMismatch(word, pc, ours, theirs, repr(found[0])), keep)
            elif found:
                result.add(DecodeMismatch(word, pc, None, theirs, f"ambiguous: {found}"), keep)
            elif theirs is None:
                result.rejected_by_both += 1
            else:
                result.add(DecodeMismatch(word, pc, None, theirs), keep)
    result.seconds += time.process_time() - start
    return result


def _assembly(i: Instruction, pc: int) -> str:
    try:
        return i.assembly(pc)
    except Exception as e:  # noqa: BLE001 - a crash of the class under test is a finding, not the end of the run
        return f"<{type(e).__name__}: {e}>"


def check_decode_class(
    isa: InstructionSet,
    cls: type[Instruction],
    *,
    seed: int = 0,
    per_combination: int = 4,
    oracle: Capstone | None = None,
    keep: int = 100,
) -> DecodeResult:
    """All values of the class's non-register fields (see `words`), with random registers."""
    source = ClassWords(cls, seed)
    result = DecodeResult(cls.__name__, seed, combinations=source.total, enumerated=source.enumerated)
    return check_decode_words(isa, source.words(per_combination), result, oracle=oracle, keep=keep)


def check_decode_random(
    isa: InstructionSet,
    n: int,
    seed: int = 0,
    *,
    oracle: Capstone | None = None,
    keep: int = 100,
) -> DecodeResult:
    """`n` uniformly random 32-bit words."""
    rng = random.Random(f"decode/{seed}")
    result = DecodeResult("random words", seed, combinations=1 << 32, enumerated=False)
    return check_decode_words(isa, (rng.getrandbits(32) for _ in range(n)), result, oracle=oracle, keep=keep)


def distinct(words: Sequence[int]) -> list[int]:
    """The words without repetitions, in order of first appearance."""
    return list(dict.fromkeys(words))
