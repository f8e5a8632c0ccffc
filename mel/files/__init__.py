"""Files that are whole or absent: atomic writes, digests, and Parquet with a JSON header."""

from mel.digests import digest_file, digest_frame, digest_json
from mel.files.atomic import atomic, write_bytes, write_text
from mel.files.csv import read_csv
from mel.files.foreign import FOLD_COLUMNS, ID_COLUMNS, is_ours, named, read_foreign, usual
from mel.files.objects import parse_json, read_json, required, write_json
from mel.files.tables import check_digest, read_header, read_table, versions, write_table

__all__ = [
    "FOLD_COLUMNS",
    "ID_COLUMNS",
    "atomic",
    "check_digest",
    "digest_file",
    "digest_frame",
    "digest_json",
    "is_ours",
    "named",
    "parse_json",
    "read_csv",
    "read_foreign",
    "read_header",
    "read_json",
    "read_table",
    "required",
    "usual",
    "versions",
    "write_bytes",
    "write_json",
    "write_table",
    "write_text",
]
