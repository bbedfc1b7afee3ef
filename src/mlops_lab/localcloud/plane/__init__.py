"""The control plane: the AWS APIs of the embedded cloud."""

from mlops_lab.localcloud.plane.control_plane import ControlPlane
from mlops_lab.localcloud.plane.health import TargetHealth

__all__ = ["ControlPlane", "TargetHealth"]
