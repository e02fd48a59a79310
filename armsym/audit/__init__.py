"""Re-checks exported proofs with code of its own: it imports nothing of armsym, and only the standard library."""

import sys

#: Words have at most 65536 bits (`hints.MOST_BITS`), 19729 digits: each number of a bundle can be written, in a digest
#: or a report.  (Without limit, one that a bundle makes grow could be written for hours.)
MOST_DIGITS = 20_000

if 0 < sys.get_int_max_str_digits() < MOST_DIGITS:
    sys.set_int_max_str_digits(MOST_DIGITS)
