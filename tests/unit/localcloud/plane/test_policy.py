import pytest

from mlops_lab.localcloud.plane.extension.access.policy import decide

OWN = "arn:aws:s3:::state/lab/terraform.tfstate"
WRITE = {"Effect": "Allow", "Action": ["s3:PutObject", "s3:Get*"], "Resource": "arn:aws:s3:::state/lab/*"}
ELSEWHERE = {"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::state", "arn:aws:s3:::state/*"]}
TLS = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}


def document(*statements: dict) -> dict:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize(
    ("action", "resource", "decision"),
    [
        ("s3:PutObject", OWN, "allowed"),
        ("s3:GetObjectVersion", OWN, "allowed"),
        ("S3:putobject", OWN, "allowed"),
        ("s3:DeleteObject", OWN, "implicitly denied"),
        ("s3:PutObject", "arn:aws:s3:::state/other", "implicitly denied"),
        ("s3:PutObject", "arn:aws:s3:::models/lab/x", "denied"),
    ],
)
def test_actions_and_resources_decide(action: str, resource: str, decision: str):
    assert decide([document(WRITE, ELSEWHERE)], action, resource, {}) == decision


def test_a_denial_in_another_document_wins():
    deny = {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}

    assert decide([document(WRITE), document(deny)], "s3:PutObject", OWN, {}) == "denied"


@pytest.mark.parametrize(("secure", "decision"), [("true", "allowed"), ("false", "denied")])
def test_a_condition_decides_whether_a_denial_applies(secure: str, decision: str):
    assert decide([document(WRITE, TLS)], "s3:PutObject", OWN, {"aws:securetransport": secure}) == decision


@pytest.mark.parametrize(
    ("operator", "values", "applies"),
    [
        ("StringEquals", "123", True),
        ("StringEquals", ["1", "123"], True),
        ("StringNotEquals", "123", False),
        ("StringLike", "1*", True),
        ("StringNotLike", "1*", False),
    ],
)
def test_string_conditions(operator: str, values: object, applies: bool):
    statement = WRITE | {"Condition": {operator: {"aws:PrincipalAccount": values}}}

    decision = decide([document(statement)], "s3:PutObject", OWN, {"aws:principalaccount": "123"})

    assert (decision == "allowed") is applies


def test_a_condition_on_what_the_request_has_not_does_not_hold():
    statement = WRITE | {"Condition": {"StringEquals": {"aws:SourceAccount": "123"}}}

    assert decide([document(statement)], "s3:PutObject", OWN, {}) == "implicitly denied"


def test_a_single_statement_needs_no_list():
    assert decide([{"Statement": WRITE}], "s3:PutObject", OWN, {}) == "allowed"
