"""What a project's loop did and decided in a month, kept in S3: whoever comes next goes on from there."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from mlops_lab import catalog

Entry = dict[str, Any]  # of a step: its figures, as JSON values


class Journal:
    """The steps of one month, in the order they were taken; each is written once it is done."""

    def __init__(self, s3: Any, bucket: str, project: str, month: str):
        self.month = month
        self._s3, self._place = s3, {"Bucket": bucket, "Key": catalog.loop_key(project, month)}
        self.steps: dict[str, Entry] = self._read()

    def once(self, step: str, act: Callable[[], Entry]) -> Entry:
        """Return what a step brought: from the journal where it was done, else by doing it now."""
        if step not in self.steps:
            self.steps[step] = act()
            self._s3.put_object(**self._place, Body=json.dumps({"month": self.month, "steps": self.steps}).encode())
        return self.steps[step]

    def _read(self) -> dict[str, Entry]:
        try:
            body = self._s3.get_object(**self._place)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return {}
            raise
        steps: dict[str, Entry] = json.loads(body)["steps"]
        return steps
