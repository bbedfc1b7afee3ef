"""The prediction log where it outgrows one machine: Athena over the Glue table of the same files."""

from importlib.util import find_spec

import ibis
import ibis.expr.types as ir

from mlops_lab import catalog
from mlops_lab.cloud.session import account
from mlops_lab.drift.log import once
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings


def tables(settings: Settings, project: str) -> tuple[ir.Table, ir.Table | None]:
    """Return a project's log and, where they are declared, its labels; both as Athena sees them.

    Raises:
        LabError: Athena's client is not installed.
    """
    if find_spec("pyathena") is None:
        raise LabError(
            "LAB_LOG_ENGINE is 'athena' and its client is missing; run `pip install 'ibis-framework[athena]'`."
        )
    results = f"s3://{catalog.predictions_bucket(account(settings))}/athena/"
    database = ibis.athena.connect(
        s3_staging_dir=results, region_name=settings.region, schema_name=catalog.GLUE_DATABASE
    )
    log, labels = catalog.predictions_table(project), catalog.labels_table(project)
    declared = labels in database.list_tables()
    return once(database.table(log)), once(database.table(labels)) if declared else None
