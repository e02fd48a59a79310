"""Results of proofs, kept by the content of all that they rest on, so that what is unchanged is not proved again.

`keys` says what a result rests on, `sources` which files of Python that is, `entries` how a result is written and
read, `store` where.  Only `proved` is kept.  Whatever is doubtful (a source that does more than compute, a file that
changed while it was in use, an entry that is not exactly as it was written) is a proof to run.
"""

from armsym.cache.keys import Key, Keys, Uncacheable
from armsym.cache.store import Store, results_folder

__all__ = ["Key", "Keys", "Store", "Uncacheable", "results_folder"]
