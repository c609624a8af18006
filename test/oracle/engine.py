"""The extension under test: delivery through ingest_batch(), and its tables as texts."""


class EngineVault:
    def __init__(self, dsn, mutant, rng):
        raise NotImplementedError

