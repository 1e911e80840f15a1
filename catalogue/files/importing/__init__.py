"""Files of records into the catalogue: read, checked row by row, and written as one step that
can be undone.

`opening` opens a file of any kind as rows of cells (`reading`), and refuses hostile ones; `pieces` is
the file as the database has it. `kinds` says what
a record is and which fields it has; `columns` guesses which column is which field. `planning`
compares each row with what stands, and finds what would change; each of `kinds` writes it, in bulk
and with its `history`. `services` leads a batch through its states, `undoing` takes one back, and
`running` lets a process of its own do the long steps.
"""
