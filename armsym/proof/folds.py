"""What folds' values H(k) stand for on a path.

A value is computed when it is first asked for, from the fold's definition alone, so every path may keep it.
Where a cut forgets H(k), the path goes on with other values, in which H(k) is arbitrary; the paths it parted
from keep theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.bits import Bits
from armsym.proof.handles import Fold
from armsym.proof.state import Words
from armsym.symbolic_memory import variable

__all__ = ["FoldValues"]


class FoldValues:
    """The values of folds, and the blocks of buffers made of them, as far as they were asked for.

    Keys of `words` are numbers k, or whatever else tells one index from another.  Both maps only grow.
    """

    __slots__ = ("_words", "blocks")

    def __init__(self) -> None:
        self._words: dict[Fold, dict[object, Words]] = {}
        #: (function of the block's number, number) -> the words of the block.
        self.blocks: dict[tuple[Callable[[Bits], Sequence[Bits]], object], list[Bits]] = {}

    def of(self, f: Fold) -> dict[object, Words]:
        """The values of one fold."""
        return self._words.setdefault(f, {})

    def forget(self, f: Fold, k: int) -> FoldValues:
        """The same, but that H(k) of `f` is arbitrary words, and whatever was computed from it is not kept.

        Words that after some steps are still those of the start (round keys that all pass on) stay: that is forgetting
        less.
        """
        new = FoldValues()
        new._words = {g: words.copy() for g, words in self._words.items()}
        kept: dict[object, Words] = {x: w for x, w in self.of(f).items() if isinstance(x, int) and x <= k}
        known = (kept.get(k) if k else None) or [None] * len(f.start)
        kept[k] = Words(
            w if now is not None and now.value is w.value else variable(f"{f.name}({k}).{j}", w.width, secret=True)
            for j, (w, now) in enumerate(zip(f.start, known, strict=True))
        )
        new._words[f] = kept
        return new
