"""Parquet, a group of rows at a time. Lists stay lists, and moments are moments in UTC."""

from collections.abc import Iterator
from typing import Any

import orjson
from django.utils.dateparse import parse_datetime

from .about import about
from .columns import Column, Type
from .listings import Listing
from .place import Place

#: Few enough that memory holds them; compression gains little from more.
ROWS_IN_GROUP = 2_000


class Sink:
    """A file that is only written to, and gives up what was written."""

    def __init__(self):
        self.pieces: list[bytes] = []
        self.place = 0
        self.closed = False

    def write(self, data) -> int:
        self.pieces.append(bytes(data))
        self.place += len(data)
        return len(data)

    def tell(self) -> int:
        return self.place

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def taken(self) -> bytes:
        pieces, self.pieces = self.pieces, []
        return b"".join(pieces)


def parquet(listing: Listing, place: Place) -> Iterator[bytes]:
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    told = about(listing, place, "parquet")
    schema = _schema(listing.columns).with_metadata({"catalogue": orjson.dumps(told)})
    sink = Sink()
    with ParquetWriter(sink, schema, compression="zstd") as writer:
        yield sink.taken()
        held: list[list[Any]] = []
        for chunk in listing.rows():
            held += chunk
            if len(held) >= ROWS_IN_GROUP:
                writer.write_table(_table(held, schema, listing.columns))
                held = []
                yield sink.taken()
        if held:
            writer.write_table(_table(held, schema, listing.columns))
    yield sink.taken()
    pyarrow.default_memory_pool().release_unused()


def _schema(columns: list[Column]) -> Any:
    import pyarrow as pa

    types = {
        Type.INTEGER: pa.int64(),
        Type.NUMBER: pa.float64(),
        Type.BOOLEAN: pa.bool_(),
        Type.LIST: pa.list_(pa.string()),
        Type.MOMENT: pa.timestamp("us", tz="UTC"),
    }
    return pa.schema(
        [
            pa.field(
                column.name,
                types.get(column.type, pa.string()),
                metadata={"description": column.description},
            )
            for column in columns
        ]
    )


def _table(rows: list[list[Any]], schema: Any, columns: list[Column]) -> Any:
    import pyarrow as pa

    arrays = []
    for field, column, values in zip(
        schema, columns, zip(*rows, strict=True), strict=True
    ):
        found = (
            [parse_datetime(v) if v else None for v in values]
            if column.type is Type.MOMENT
            else list(values)
        )
        arrays.append(pa.array(found, type=field.type))
    return pa.Table.from_arrays(arrays, schema=schema)
