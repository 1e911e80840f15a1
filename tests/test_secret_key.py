"""The key that a machine makes for itself."""

import secrets
from concurrent.futures import ThreadPoolExecutor

from serving.environment import stored_secret_key


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "secret-key"

    key = stored_secret_key(path)

    assert len(key) > 64
    assert stored_secret_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [*tmp_path.iterdir()] == [path]


def test_of_processes_that_start_together_each_takes_the_key_that_was_first(
    tmp_path,
    monkeypatch,
):
    path = tmp_path / "secret-key"
    made = iter(["the second's", "the first's"])

    def slowly(length):
        key = next(made)
        if (
            key == "the second's"
        ):  # while it makes its own, another begins and is done
            assert not path.exists()
            with ThreadPoolExecutor() as pool:
                assert (
                    pool.submit(stored_secret_key, path).result()
                    == "the first's"
                )
        return key

    monkeypatch.setattr(secrets, "token_urlsafe", slowly)

    assert stored_secret_key(path) == "the first's"
