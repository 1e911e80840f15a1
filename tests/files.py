"""Reading what the site sends as a file."""

import csv
import io


def sent(response) -> bytes:
    assert response.status_code == 200, response.content
    return (
        b"".join(response.streaming_content)
        if response.streaming
        else response.content
    )


def text_of(response) -> str:
    return sent(response).decode("utf-8-sig")


def csv_rows(response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(response), newline="")))
