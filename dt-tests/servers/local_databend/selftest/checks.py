"""What every group of checks has: the server under test and clients of it."""

from .client import Client


class Checks:
    def __init__(self, port: int):
        self.port = port

    def client(self, **options) -> Client:
        return Client(self.port, **options)
