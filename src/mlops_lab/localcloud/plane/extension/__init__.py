"""What moto lacks or gets wrong of the public AWS APIs, one module or package a service."""


def install() -> None:
    """Put the extension into moto, before its first call."""
    from mlops_lab.localcloud.plane.extension import (
        access,
        autoscaling,
        balancer,
        budgets,
        catalogue,
        cost_explorer,
        identity,
        object_versions,
        registry,
        retention,
        security_groups,
        topics,
    )
    from mlops_lab.localcloud.plane.extension.alarms import responses as cloudwatch
    from mlops_lab.localcloud.plane.extension.ecs import responses as ecs

    modules = (
        access,
        autoscaling,
        balancer,
        budgets,
        catalogue,
        cloudwatch,
        cost_explorer,
        ecs,
        identity,
        object_versions,
        registry,
        retention,
        security_groups,
        topics,
    )
    for module in modules:
        module.install()
