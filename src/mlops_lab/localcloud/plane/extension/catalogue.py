"""Glue: a database that is deleted leaves no tags behind.

Moto 5.2.5 keeps them, so that the tagging API goes on listing the database, and a new one of its name begins with them.
"""

from moto.glue.models import GlueBackend

_DELETE = GlueBackend.delete_database


def delete_database(backend: GlueBackend, database_name: str) -> None:
    """Delete a database and its tags."""
    _DELETE(backend, database_name)
    arn = f"arn:{backend.partition}:glue:{backend.region_name}:{backend.account_id}:database/{database_name}"
    backend.tagger.delete_all_tags_for_resource(arn)


def install() -> None:
    """Let moto delete databases so."""
    GlueBackend.delete_database = delete_database
