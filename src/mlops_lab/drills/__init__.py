"""Drills: each failure of the RUNBOOK is made to happen, and its entry's own commands are run against it."""
