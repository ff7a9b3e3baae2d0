"""Right passwords pass, weaker hashes are replaced, and no more than two are computed at once."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from types import ModuleType
from typing import Any

import argon2
import pytest
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

COMPOSED, DECOMPOSED = "caf\u00e9 au lait", "cafe\u0301 au lait"


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def test_hash_is_argon2id_with_a_salt_of_its_own(snippet: ModuleType) -> None:
    first, second = (run(snippet.hash_password("correct horse")) for _ in range(2))
    assert first != second
    assert argon2.extract_parameters(first) == argon2.profiles.RFC_9106_LOW_MEMORY
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_right_password_passes_and_a_wrong_one_is_false(snippet: ModuleType) -> None:
    stored = run(snippet.hash_password("correct horse"))
    assert run(snippet.verify_password("correct horse", stored)) == (True, None)
    assert run(snippet.verify_password("Correct horse", stored)) == (False, None)


@pytest.mark.parametrize(("chosen", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_both_ways_to_write_a_letter_are_one_password(
    snippet: ModuleType, chosen: str, typed: str
) -> None:
    assert chosen != typed
    stored = run(snippet.hash_password(chosen))
    assert run(snippet.verify_password(typed, stored)) == (True, None)
    assert not snippet.passwords.verify(DECOMPOSED, stored)


def test_compatible_letters_are_one_password(snippet: ModuleType) -> None:
    stored = run(snippet.hash_password("\ufb01le 1234"))  # one sign for "fi", as phones paste it
    assert run(snippet.verify_password("file 1234", stored)) == (True, None)


def test_weaker_hash_passes_once_more_and_is_replaced(snippet: ModuleType) -> None:
    weaker = Argon2Hasher(time_cost=2).hash("correct horse")
    assert run(snippet.verify_password("wrong", weaker)) == (False, None)
    valid, newer = run(snippet.verify_password("correct horse", weaker))
    assert valid
    assert run(snippet.verify_password("correct horse", newer)) == (True, None)


def test_two_are_computed_at_once_while_the_loop_goes_on(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, running, most, loops = threading.Lock(), 0, 0, 0
    two = threading.Event()

    def slow(method: Any) -> Any:
        def counting(*args: Any, **kwargs: Any) -> Any:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
                if running == 2:
                    two.set()
            two.wait(30)
            time.sleep(0.05)  # longer than a third needs to start
            result = method(*args, **kwargs)
            with lock:
                running -= 1
            return result

        return counting

    stored = snippet.passwords.hash("correct horse")
    monkeypatch.setattr(argon2.PasswordHasher, "hash", slow(argon2.PasswordHasher.hash))
    monkeypatch.setattr(argon2.PasswordHasher, "verify", slow(argon2.PasswordHasher.verify))

    async def all_at_once() -> None:
        nonlocal loops
        checks = [snippet.verify_password("correct horse", stored) for _ in range(3)]
        hashes = [snippet.hash_password("correct horse") for _ in range(3)]
        work = asyncio.gather(*checks, *hashes)
        while not work.done():
            loops += 1
            await asyncio.sleep(0.005)
        assert (await work)[:3] == [(True, None)] * 3

    run(all_at_once())
    assert most == 2
    assert loops > 5


def test_unknown_hash_raises_and_a_damaged_one_is_false(snippet: ModuleType) -> None:
    with pytest.raises(UnknownHashError):
        run(snippet.verify_password("correct horse", "5f4dcc3b5aa765d61d8327deb882cf99"))
    damaged = run(snippet.hash_password("correct horse"))[:-4] + "????"
    assert run(snippet.verify_password("correct horse", damaged)) == (False, None)
