"""A second normal form, over the integers: terms as polynomials in unknowns and floor quotients.

A carry, a high half, a sum that wraps, a shift, a sign and a comparison are all one thing, floor(E / m), brought to
one form, so that the limbs of a number add up by themselves.  What is believed is small: `kernel`, by which every
fact is derived, and `translate`, which says what a term is; `floors`, `ranges` and `goals` only look for facts.
"""
