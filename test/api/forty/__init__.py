"""The forty security requirements of the online bank, in modules by what they are about; `TABLE` has them by number."""

from . import authentication, authorisation, data, process, requests, sessions, transport
from .common import TABLE

__all__ = ["TABLE", "authentication", "authorisation", "data", "process", "requests", "sessions", "transport"]
