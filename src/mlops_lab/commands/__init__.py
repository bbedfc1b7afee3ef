"""The commands, by the sections of the Makefile; each imports what it needs when it runs."""
