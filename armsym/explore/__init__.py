"""The symbolic run of a proof, step by step, and claims tried at its points: `armsym explore`.

What is tried is claimed to the engine in a run of its own; no report hears of it.
"""
