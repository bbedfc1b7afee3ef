import pytest

from mlops_lab.localcloud.docker_creation import environment, host_config, reference
from mlops_lab.localcloud.driver import CannotStartError, Container

REGISTRIES = {"1.dkr.ecr.eu-west-1.amazonaws.com": "127.0.0.1:5002"}


@pytest.mark.parametrize(
    ("image", "local"),
    [
        ("1.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:abc", "127.0.0.1:5002/app@sha256:abc"),
        ("1.dkr.ecr.eu-west-1.amazonaws.com/team/app:1", "127.0.0.1:5002/team/app:1"),
        ("2.dkr.ecr.eu-west-1.amazonaws.com/app:1", "2.dkr.ecr.eu-west-1.amazonaws.com/app:1"),
        ("nginx:1.29", "nginx:1.29"),
    ],
)
def test_only_images_of_the_given_registries_come_from_elsewhere(image: str, local: str):
    assert reference(image, REGISTRIES) == local


def test_on_the_host_s_network_a_task_is_told_its_own_port_and_to_listen_on_loopback():
    container = Container("t", "i", {"PORT": "8000", "HOST": "0.0.0.0", "A": "http://127.0.0.1:1"}, ports={8000: 7001})

    assert environment(container, "host") == {"PORT": "7001", "HOST": "127.0.0.1", "A": "http://127.0.0.1:1"}


def test_on_the_host_s_network_a_task_cannot_have_two_ports():
    container = Container("t", "i", ports={8000: 7001, 9000: 7002})

    with pytest.raises(CannotStartError, match=r"^CannotCreateContainerError: container ports 8000, 9000: .*one"):
        environment(container, "host")


def test_a_task_without_ports_keeps_its_variables():
    assert environment(Container("t", "i", {"PORT": "8000"}), "host") == {"PORT": "8000"}


@pytest.mark.parametrize(
    ("name", "value", "fitted"),
    [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566", "http://host.docker.internal:4566"),
        ("MLFLOW_TRACKING_URI", "http://localhost/mlflow", "http://host.docker.internal/mlflow"),
        (
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            "http://127.0.0.1:900/v2/credentials/t",
            "http://localhost:900/v2/credentials/t",
        ),
        ("HOST", "0.0.0.0", "0.0.0.0"),
        ("BIND", "127.0.0.1:8000", "127.0.0.1:8000"),
        ("OTHER", "http://127.0.0.10:1", "http://127.0.0.10:1"),
        ("NAME", "http://localhost.example.com", "http://localhost.example.com"),
    ],
)
def test_on_a_bridge_urls_of_loopback_lead_to_the_machine(name: str, value: str, fitted: str):
    assert environment(Container("t", "i", {name: value}, ports={8000: 7001}), "bridge") == {name: fitted}


def test_on_a_bridge_ports_are_published_on_loopback_only():
    config = host_config(Container("t", "i", ports={8000: 7001, 9000: 7002}), "bridge")

    assert config["PortBindings"] == {
        "8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "7001"}],
        "9000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "7002"}],
    }


def test_every_container_is_without_privileges_and_restarted_by_nobody_but_the_agent():
    config = host_config(Container("t", "i"), "host")

    assert config["CapDrop"] == ["ALL"]
    assert config["SecurityOpt"] == ["no-new-privileges"]
    assert config["RestartPolicy"] == {"Name": "no"}
    assert config["NetworkMode"] == "host"


def test_a_memory_limit_leaves_no_swap():
    config = host_config(Container("t", "i", memory_mib=512), "host")

    assert config["Memory"] == config["MemorySwap"] == 512 * 2**20


@pytest.mark.parametrize(("units", "quota"), [(256, 25_000), (1024, 100_000), (4096, 400_000), (1, 1000)])
def test_cpu_units_become_a_quota(units: int, quota: int):
    config = host_config(Container("t", "i", cpu_units=units), "host")

    assert config["CpuQuota"] / config["CpuPeriod"] == quota / 100_000


def test_without_limits_none_are_set():
    assert not {"Memory", "CpuQuota", "ReadonlyRootfs"} & set(host_config(Container("t", "i"), "host"))


def test_a_read_only_root_comes_with_a_writable_tmp():
    config = host_config(Container("t", "i", read_only_root=True), "host")

    assert config["ReadonlyRootfs"] is True
    assert set(config["Tmpfs"]) == {"/tmp"}
