"""Invariants for a proof's loops, proposed from runs on numbers and shown by the engine; and claims tried at any point.

Nothing here is believed: what is proposed is claimed to the engine, which proves it or not.
"""
