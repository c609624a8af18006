"""Who asks: the session of the cookie, in the transaction of the request, as webapp/api has it."""

import hashlib
import hmac
import struct
import time

import argon2
from django.conf import settings
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt
from nacl.exceptions import CryptoError
from rest_framework import authentication, exceptions

from . import database

COOKIE = "__Host-session"
DEVICE_COOKIE = "__Host-device"
HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
#: compared with where there is no such user, so that it takes as long
STAND_IN = HASHER.hash("of nobody")


def token_hash(token):
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


class Customer:
    """Whom a request acts for."""

    is_authenticated = True

    def __init__(self, found):
        self.pk = found["user_id"]


def check_site(request):
    """A change comes from the bank's own pages, or from a program that is no page."""
    site = request.META.get("HTTP_SEC_FETCH_SITE")
    origin = request.META.get("HTTP_ORIGIN")
    if site not in ("same-origin", "none") if site else origin not in (None, settings.ORIGIN):
        raise exceptions.PermissionDenied("cross-site")


class SessionAuthentication(authentication.BaseAuthentication):
    """Enters, so that row security shows this customer's rows until the transaction's end."""

    def authenticate(self, request):
        """The customer, or nobody."""
        token = request.COOKIES.get(COOKIE)
        if token is None:
            return None
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            check_site(request)
        found = database.row(database.ENTER, token_hash(token), "customer", False)
        if found["verdict"] == "live":
            return Customer(found), None
        if found["verdict"] == "none":
            raise exceptions.AuthenticationFailed("no session")
        raise exceptions.PermissionDenied(found["verdict"])

    def authenticate_header(self, request):
        """With one, DRF answers 401 and not 403."""
        return "Cookie"


def same_password(given, kept):
    """Whether a password is that of a hash."""
    try:
        return HASHER.verify(kept, given)
    except argon2.exceptions.VerificationError:
        return False


def step_of(code, sealed, login):
    """The time step whose code this is (RFC 6238); None if it is none of the present one and its neighbours."""
    box = bytes(sealed)
    try:
        seed = crypto_aead_xchacha20poly1305_ietf_decrypt(box[24:], login.encode(), box[:24], settings.SEAL_KEY)
    except CryptoError:
        return None
    present = int(time.time()) // 30
    for step in (present - 1, present, present + 1):
        mac = hmac.digest(seed, struct.pack(">Q", step), "sha1")
        offset = mac[19] & 15
        if hmac.compare_digest(f"{(struct.unpack_from('>I', mac, offset)[0] & 0x7FFFFFFF) % 1000000:06d}", code):
            return step
    return None
