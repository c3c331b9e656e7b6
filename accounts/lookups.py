"""One lookup: a column is one of many numbers, sent as one parameter.

rows.filter(estate__authority__anyof=[…])

Thousands of placeholders take longer to write and to parse than the rows to be read.
"""

import json
from typing import Any

from django.db.models import ForeignKey, Lookup

_SHORT = 400


class AnyOf(Lookup):
    """`rhs`: a sequence of numbers."""

    lookup_name = "anyof"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(%s::bigint[])", [*params, list(self.rhs)]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lhs, params = self.process_lhs(compiler, connection)
        numbers = list(self.rhs)
        # SQLite takes every list for a short one and begins with it. A plus keeps it from that,
        # so that the first fifty of a long ordered list are not found by sorting all of it.
        begins = "+" if len(numbers) > _SHORT else ""
        known = "(SELECT value FROM json_each(%s))"
        return f"{begins}{lhs} IN {known}", [*params, json.dumps(numbers)]


ForeignKey.register_lookup(AnyOf)
