"""The version of the JSON documents that armsym writes."""

__all__ = ["SCHEMA_VERSION"]

#: Version of the JSON that the commands print (docs/json.md).
SCHEMA_VERSION = 1
