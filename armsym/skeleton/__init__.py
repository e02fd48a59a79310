"""Proof skeletons: what a routine's code tells about its arguments, memory, loops and stack.

Nothing here is trusted: a skeleton is text for a person to correct, and its proof is run like any other.
"""
