"""Parquet, a group of rows at a time. Lists stay lists, and moments are moments in UTC."""

from collections.abc import Iterator
from typing import Any

import orjson
from django.utils.dateparse import parse_datetime

from .about import about
from .address import ListAddress
from .columns import Column, Type
from .listings import Listing

#: Few enough that memory holds them; compression gains little from more.
ROWS_IN_GROUP = 2_000


class Sink:
    """A file that is only written to, and gives up what was written."""

    def __init__(self):
        self.pieces: list[bytes] = []
        self.position = 0
        self.closed = False

    def write(self, data) -> int:
        self.pieces.append(bytes(data))
        self.position += len(data)
        return len(data)

    def tell(self) -> int:
        return self.position

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        """What was written since it was last called."""
        data = b"".join(self.pieces)
        self.pieces = []
        return data


def parquet(listing: Listing, address: ListAddress) -> Iterator[bytes]:
    # Slow to import, and few processes write Parquet.
    import pyarrow  # noqa: PLC0415 - see above
    from pyarrow.parquet import ParquetWriter  # noqa: PLC0415 - see above

    description = about(listing, address, "parquet")
    schema = _schema(listing.columns).with_metadata(
        {"catalogue": orjson.dumps(description)},
    )
    sink = Sink()
    with ParquetWriter(sink, schema, compression="zstd") as writer:
        yield sink.taken()
        group: list[list[Any]] = []
        for batch in listing.rows():
            group += batch
            if len(group) >= ROWS_IN_GROUP:
                writer.write_table(_table(group, schema, listing.columns))
                group = []
                yield sink.taken()
        if group:
            writer.write_table(_table(group, schema, listing.columns))
    yield sink.taken()
    pyarrow.default_memory_pool().release_unused()


def _schema(columns: list[Column]) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - see `parquet`

    types = {
        Type.INTEGER: pa.int64(),
        Type.NUMBER: pa.float64(),
        Type.BOOLEAN: pa.bool_(),
        Type.LIST: pa.list_(pa.string()),
        Type.MOMENT: pa.timestamp("us", tz="UTC"),
    }
    fields = []
    for column in columns:
        arrow_type = types.get(column.type, pa.string())
        metadata = {"description": column.description}
        fields.append(pa.field(column.name, arrow_type, metadata=metadata))
    return pa.schema(fields)


def _table(rows: list[list[Any]], schema: Any, columns: list[Column]) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - see `parquet`

    arrays = []
    by_column = zip(*rows, strict=True)
    for field, column, values in zip(schema, columns, by_column, strict=True):
        cells = list(values)
        if column.type is Type.MOMENT:
            cells = [
                parse_datetime(value) if value else None for value in values
            ]
        arrays.append(pa.array(cells, type=field.type))
    return pa.Table.from_arrays(arrays, schema=schema)
