"""What outcome 6.3 must see: roles whose every grant was used or has its reason, and a refusal of what none grants."""

from botocore.exceptions import ClientError

from mlops_lab import catalog, projects
from mlops_lab.cloud.session import as_role
from mlops_lab.outcomes.outcome import require
from mlops_lab.security.calls import PROBE
from mlops_lab.security.review import Review, make
from mlops_lab.settings import Settings

REFUSALS = ("AccessDenied", "AccessDeniedException")


def roles_have_the_least_privilege(settings: Settings) -> str:
    """6.3: no grant without a call or a reason, nothing refused in the run, and what no role may is refused."""
    review = make(settings)
    require(
        not review.findings,
        f"{len(review.findings)} findings, such as: {'; '.join(review.findings[:3])}; see `make iam-review`",
    )
    idle = [role for role, grants in review.by_role() if not any(each.calls for each in grants)]
    require(not idle, f"{', '.join(idle)} did nothing in the recorded run; run `make iam-review RUN=1`")
    refused = [_refusal(settings, project.name) for project in projects.every()]
    return f"{_figures(review)}; {'; '.join(refused)}"


def _figures(review: Review) -> str:
    roles = len(list(review.by_role()))
    calls, wild = sum(each.calls for each in review.grants), sum(each.wildcard for each in review.grants)
    unused = len(review.grants) - review.used
    return (
        f"{roles} roles, {len(review.grants)} grants: {review.used} used by {calls} calls, {unused} unused with a "
        f"reason, {wild} with a wildcard and a reason; none of the calls was refused"
    )


def _refusal(settings: Settings, project: str) -> str:
    """Take a serving task's role and try to read the API key, which only the role that starts the task may."""
    role = f"{catalog.NAME}-{project}-task"
    try:
        ssm = as_role(settings, role, PROBE)("ssm")
    except ClientError as error:
        require(_code(error) in REFUSALS, f"taking {role} ended in {_code(error)}")
        return f"{role} can be taken by its tasks only"
    try:
        ssm.get_parameters(Names=[catalog.API_KEY_PARAMETER], WithDecryption=True)
    except ClientError as error:
        require(_code(error) in REFUSALS, f"reading the API key as {role} ended in {_code(error)}")
        return f"{role} was refused the API key"
    require(False, f"{role} could read the API key")
    return ""


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
