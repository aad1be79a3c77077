"""What we tell allauth: nobody signs up uninvited; second-factor secrets are encrypted where they are stored."""

from __future__ import annotations

import base64
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.core.mail import EmailMessage
from django.http import HttpRequest

POST = ThreadPoolExecutor(2, thread_name_prefix="mail")
log = logging.getLogger("hengtan.web")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts come from the first run and from invitations alone."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Nobody waits for the mail server: how long an answer takes would tell whether anybody has the address."""
        request = current.request
        told = {"request": request, "email": email, "current_site": get_current_site(request), **context}
        message = self.render_mail(template_prefix, email, told)
        if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
            POST.submit(_sent, message)
        else:
            message.send()


def _sent(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception:
        log.exception("an e-mail to %s was not sent", ", ".join(message.to))


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Single sign-on opens the accounts that there are, to who has their verified e-mail; it makes none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: object) -> bool:
        """Never."""
        return False


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """A copy of the database alone opens no account: secrets are encrypted under a key made from the secret key."""

    def encrypt(self, text: str) -> str:
        """AES-256-GCM; nonce before the ciphertext."""
        nonce = os.urandom(12)
        return base64.b64encode(nonce + _cipher().encrypt(nonce, text.encode(), b"mfa")).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """What ``encrypt`` was given."""
        data = base64.b64decode(encrypted_text)
        return _cipher().decrypt(data[:12], data[12:], b"mfa").decode()


def _cipher() -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=b"hengtan second factors").derive(settings.SECRET_KEY.encode()))
