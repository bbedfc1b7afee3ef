"""Week 6, canary, security and cost: its outcomes."""

from mlops_lab.outcomes import canaries, privileges, spending
from mlops_lab.outcomes.outcome import Outcome

OUTCOMES = (
    Outcome("6.1", "canary 50/50 verified", canaries.half_of_the_requests_reach_the_canary),
    Outcome("6.2", "rollback on failure", canaries.a_bad_canary_is_reverted_by_itself),
    Outcome("6.3", "IAM least privilege", privileges.roles_have_the_least_privilege),
    Outcome("6.4", "cost explorer + budget alert", spending.cost_is_known_and_watched),
    Outcome("6.5", "task resource limits", spending.limits_are_measured_and_enforced),
    Outcome("6.6", "4xx/5xx alarms", canaries.a_burst_of_errors_is_noticed_and_forgotten),
    Outcome("6.7", "Security & FinOps summary", spending.summary_is_true),
)
