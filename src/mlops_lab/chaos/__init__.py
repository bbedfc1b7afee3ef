"""Chaos: faults under load and in the middle of releases, and what must hold all the same."""
