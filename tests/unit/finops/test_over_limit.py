from mlops_lab.finops.over_limit import GREEDY, MEMORY, greedy, killed

MODEL = {
    "family": "mlops-lab-mlflow",
    "executionRoleArn": "arn:aws:iam::1:role/execution",
    "taskRoleArn": "arn:aws:iam::1:role/mlflow",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "volumes": [{"name": "mlflow"}],
    "containerDefinitions": [
        {"name": "mlflow", "image": "repository@sha256:1", "secrets": [{"name": "KEY"}], "mountPoints": [{}]}
    ],
}


def test_the_greedy_task_has_the_model_s_image_and_a_small_limit() -> None:
    made = greedy(MODEL, "over-limit")

    (container,) = made["containerDefinitions"]
    assert container["image"] == "repository@sha256:1"
    assert container["command"] == ["-c", GREEDY]
    assert (made["memory"], container["memory"]) == (str(MEMORY), MEMORY)


def test_the_greedy_task_has_neither_volumes_nor_secrets_nor_a_task_s_role() -> None:
    made = greedy(MODEL, "over-limit")

    assert made.keys().isdisjoint({"volumes", "taskRoleArn"})
    assert made["containerDefinitions"][0].keys().isdisjoint({"secrets", "mountPoints", "environment"})


def test_a_kill_for_memory_is_known_by_the_container_s_or_the_task_s_reason() -> None:
    reason = "OutOfMemoryError: Container killed due to memory usage"

    assert killed({"containers": [{"reason": reason}]}) == reason
    assert killed({"stoppedReason": reason, "containers": [{}]}) == reason
    assert killed({"stoppedReason": "Task stopped by user", "containers": [{"exitCode": 137}]}) == ""
    assert killed({"containers": [{}]}) == ""
