import secrets

from psycopg import Connection
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

BCRYPT_READS = 72  # bytes

passwords = PasswordHash([Argon2Hasher(), BcryptHasher()])  # the first makes new hashes
nobody = passwords.hash(secrets.token_urlsafe())


def check(password: str, stored: str) -> tuple[bool, str | None]:
    typed = password.encode()
    if BcryptHasher.identify(stored) and len(typed) > BCRYPT_READS:
        # Older bcrypt cut the rest off unseen. So the rest is unproven, and no new hash is made.
        return passwords.verify(typed[:BCRYPT_READS], stored), None
    return passwords.verify_and_update(typed, stored)


def log_in(connection: Connection, email: str, password: str) -> int | None:
    query = "SELECT id, password_hash FROM accounts WHERE email = %s"
    row = connection.execute(query, [email]).fetchone()
    account_id, stored = row or (None, nobody)
    valid, newer = check(password, stored)
    if account_id is None or not valid:
        return None
    if newer:
        # The last condition keeps a password that was changed in the meantime.
        connection.execute(
            "UPDATE accounts SET password_hash = %s WHERE id = %s AND password_hash = %s",
            [newer, account_id, stored],
        )
    return account_id


def accounts_left(connection: Connection) -> int:
    query = "SELECT count(*) FROM accounts WHERE password_hash LIKE '$2_$%'"
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]
