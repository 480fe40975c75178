"""A local Databend for tests: the real query engine behind Databend's HTTP API.

What is real: the engine. Planning, execution, storage, transactions, conflicts, types and error codes are those of
the Python package `databend`, which is the query engine itself, embedded.

What is ours: everything in front of it. The HTTP protocol (login, queries, pages, stage uploads), the session state
that the client carries, the text form of results, and three behaviours that the embedded engine lacks and a server
has: an error fails the open transaction, DDL commits it, and a lost transaction answers 4003 or 5111.

What it is not: a proof of authentication methods, privileges, clusters, streaming load or deduplicate_label, or of a
crash of the engine. The catalogue lives in the process: a new process starts empty.

    __main__.py    arguments, start and stop
    http_api.py    sockets, routing, authentication, faults around a request
    service.py     the operations of the API, without sockets
    queries.py     one running statement and its pages
    sessions.py    the client's session state, engine sessions, open transactions
    statements.py  what the text of a statement is, as far as transactions care
    engine.py      the embedded engine: sessions, results, errors
    schema.py      column types: from the engine's words to the API's
    render.py      result columns as the API's text, with jsonb.py for VARIANT
    stages.py      uploaded files
    faults.py      faults on request, and the journal of statements
    selftest/      asserts all of this over HTTP
"""
