"""The one exception a user sees."""


class LabError(Exception):
    """A mistake or a condition the user can act on: what was wrong, the value, and what to do, in one line.

    The command line prints it without a traceback and exits with 1.
    """
