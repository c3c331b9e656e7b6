"""One lookup: a column is one of many numbers, sent as one parameter.

rows.filter(estate__authority__anyof=[…])

Thousands of placeholders take longer to write and to parse than the rows to be read.
"""

import json
from typing import Any

from django.db.models import ForeignKey, Lookup


class AnyOf(Lookup):
    """`rhs`: a sequence of numbers."""

    lookup_name = "anyof"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lhs, params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(%s::bigint[])", [*params, list(self.rhs)]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lhs, params = self.process_lhs(compiler, connection)
        known = "(SELECT value FROM json_each(%s))"
        return f"{lhs} IN {known}", [*params, json.dumps(list(self.rhs))]


ForeignKey.register_lookup(AnyOf)
