"""Where the lab's own time goes: what ran, beside what, and what the end waited for."""
