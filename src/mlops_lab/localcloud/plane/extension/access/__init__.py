"""Who may call what: a role's policies decide every call with its credentials, and what it called is remembered.

The lab's own key is the account's and may do all. A bucket's policy counts for everybody.
"""


def install() -> None:
    """Put the questions into moto, and CloudTrail's answer."""
    from mlops_lab.localcloud.plane.extension.access import calls, objects, trail

    for module in (calls, objects, trail):
        module.install()
