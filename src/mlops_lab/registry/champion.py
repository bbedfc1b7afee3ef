"""The champion: the version that the alias names, its bundle as it was published, and its scores of other rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlops_lab.errors import LabError
from mlops_lab.registry import store
from mlops_lab.registry.bundle import Bundle
from mlops_lab.registry.onnx_model import bundle_scores
from mlops_lab.registry.tracking import CHAMPION, Registry


@dataclass(frozen=True)
class Champion:
    """The version in charge."""

    version: str
    bundle: Bundle

    def scores(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Score the rows of a raw table with the bundle's own features and model."""
        return bundle_scores(self.bundle, table)


def champion(registry: Registry, s3: Any) -> Champion | None:
    """Return the champion with its verified bundle; None where no version has the alias.

    Raises:
        LabError: Its bundle is missing or is not what was registered, so that nothing can be compared with it.
    """
    found = registry.aliased(CHAMPION)
    if found is None:
        return None
    try:
        return Champion(found.version, store.fetch(s3, found.bundle_uri, found.bundle_sha256))
    except LabError as error:
        project = registry.project
        raise LabError(
            f"The champion of {project}, version {found.version}, cannot be compared with: {error} "
            f"`make promote PROJECT={project} VERSION=n` names another one."
        ) from error
