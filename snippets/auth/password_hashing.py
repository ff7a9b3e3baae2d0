from unicodedata import normalize

from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash

passwords = PasswordHash.recommended()  # Argon2id: 64 MiB, three passes
at_once = CapacityLimiter(2)  # so logins take 128 MiB at most; count your cores


async def hash_password(password: str) -> str:
    typed = normalize("NFKC", password)  # keyboards write é in two ways
    return await to_thread.run_sync(passwords.hash, typed, limiter=at_once)


async def verify_password(password: str, stored: str) -> tuple[bool, str | None]:
    # The second value is a new hash to store, when the stored one was made with other parameters.
    typed = normalize("NFKC", password)
    return await to_thread.run_sync(passwords.verify_and_update, typed, stored, limiter=at_once)
