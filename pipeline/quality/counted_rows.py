"""Great Expectations' SQL expectation, which asks for the rows only where a result has them.

Importing this module registers it in place of the original, under the same name: what is exported is the original's.
"""

from __future__ import annotations

from typing import Any

from great_expectations.expectations.core import unexpected_rows_expectation as original

ROWS = "unexpected_rows_query.table"


class UnexpectedRowsExpectation(original.UnexpectedRowsExpectation):
    """A query that returns no rows. Where a count is enough, the query runs once instead of twice."""

    def get_validation_dependencies(self, execution_engine: Any = None, runtime_configuration: Any = None) -> Any:
        needed = super().get_validation_dependencies(execution_engine, runtime_configuration)
        if needed.result_format.get("result_format") == "BOOLEAN_ONLY":
            needed.remove_metric_configuration(ROWS)
        return needed

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        return super()._validate({ROWS: None, **metrics}, runtime_configuration, execution_engine)
