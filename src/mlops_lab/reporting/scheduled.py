"""The reports that schedules leave in S3: which there are, and the newest on this machine."""

from pathlib import Path

from mlops_lab import catalog
from mlops_lab.cloud import session
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings


def fetch(settings: Settings, project: str) -> str:
    """List a project's reports, download the newest into the lab's state, and say where.

    Raises:
        LabError: There is none, or S3 refuses.
    """
    prefix = catalog.reports_prefix(project)
    with session.explained(settings):
        s3, bucket = session.client(settings, "s3"), catalog.predictions_bucket(session.account(settings))
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [str(each["Key"]) for page in pages for each in page.get("Contents", ())]
        if not keys:
            raise LabError(f"{project} has no report in s3://{bucket}/{prefix}; make report-task PROJECT={project}.")
        runs = sorted({_run(key) for key in keys})
        folder = settings.state_dir / runs[-1][1]
        folder.mkdir(parents=True, exist_ok=True)
        for key in keys:
            if _run(key) == runs[-1]:
                (folder / Path(key).name).write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    return "\n".join([*(f"s3://{bucket}/{path}" for _, path in runs), f"fetched: {folder}"])


def _run(key: str) -> tuple[str, str]:
    """Return when a report's run began, by which runs are in order, and its prefix."""
    prefix = key.rpartition("/")[0]
    return prefix.rpartition("/")[2], prefix
