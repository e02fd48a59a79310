"""Writes bundles: raw programs, claims and hints that `armsym.audit` re-checks.  Nothing here is believed."""
