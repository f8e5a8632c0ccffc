"""What is checked before a download, and the advice for each failure of Kaggle's client."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mel.errors import MelError
from mel.kaggle import client, download

RULES = "https://www.kaggle.com/competitions/titanic/rules"
TOKENS = "https://www.kaggle.com/settings/api"

# What Kaggle's clients print, of versions 1.5 to 2.2, and what is to be done about it.
FAILURES = {
    "no credentials": ("Authentication required to call the Kaggle API.", TOKENS),
    "no kaggle.json": (
        "OSError: Could not find kaggle.json. Make sure it's located in /x/.kaggle. Or use the "
        "environment method. See setup instructions at https://github.com/Kaggle/kaggle-api/",
        TOKENS,
    ),
    "401, old": ("401 - Unauthorized", TOKENS),
    "401": ("401 Client Error: Unauthorized for url: https://api.kaggle.com/v1/c.C/L", TOKENS),
    "401, body": ('HTTP response body: {"code":401,"message":"Unauthorized"}', TOKENS),
    "unauthenticated": ("Unauthenticated", TOKENS),
    "rules": ("You must accept this competition's rules before you'll be able to ...", RULES),
    "rules, old": (
        '403 Reason: Forbidden {"message":"You must accept this competition\\u0027s rules"}',
        RULES,
    ),
    "403, old": ("403 - Forbidden", RULES),
    "403": ("403 Client Error: Forbidden for url: https://api.kaggle.com/v1/c.C/L", RULES),
    "not taking part": (
        "403 - Forbidden - Permission 'competitions.participate' was denied",
        RULES,
    ),
    "mistyped": ("403 - Forbidden - Permission 'competitions.get' was denied", "correct the name"),
    "404": ("404 Client Error: Not Found for url: https://api.kaggle.com/v1/c.C/L", "correct the"),
    "404, old": ("404 - Not Found", "correct the name"),
    "404, body": ("Warning: outdated\nNot Found", "correct the name"),
    "phone": ("You must verify your phone number first", "https://www.kaggle.com/settings"),
    "429": ("429 Client Error: Too Many Requests for url: https://x.y", "too many requests"),
    "429, body": ('{"error":{"code":429,"message":"x","status":"RESOURCE_EXHAUSTED"}}', "429"),
    "503": ("503 Server Error: Service Unavailable for url: https://x.y", "try later"),
    "proxy": (
        "HTTPSConnectionPool(host='api.kaggle.com', port=443): Max retries exceeded (Caused by "
        "ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy')))",
        "HTTPS_PROXY",
    ),
    "no network": (
        "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='api.kaggle.com', port=443):"
        " Max retries exceeded with url: /v1/security.OAuthService/IntrospectToken (Caused by "
        "NameResolutionError(\"Failed to resolve 'api.kaggle.com'\"))",
        "cannot be reached",
    ),
    "certificate": (
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate "
        "verify failed'))",
        "REQUESTS_CA_BUNDLE",
    ),
    "disk": ("[Errno 28] No space left on device: '/x/titanic.zip'", "the disk is full"),
    "too old": ("kaggle: error: unrecognized arguments: --page-token", "--upgrade kaggle"),
    "not whole": ("ModuleNotFoundError: No module named 'requests'", "--force-reinstall kaggle"),
    "never seen": ("Something else\nwent wrong", "'went wrong'"),
    "silent": ("", "ended with status 1 and said nothing"),
}


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_of_the_client_is_one_line_of_advice(failure, stream):
    said, advice = FAILURES[failure]
    output = client.Output(1, **{"stdout": "", "stderr": "", stream: said})
    line = str(client.explain(output, "titanic"))
    assert advice in line
    assert "\n" not in line


@pytest.mark.parametrize("failure", ["401", "rules", "404", "429", "no network", "never seen"])
def test_a_failure_of_a_real_process_ends_the_command_with_that_line(failure, world, out, mel):
    said, advice = FAILURES[failure]
    world.fail("files", stderr=said)
    done = mel("titanic", "--out", out)
    assert done.returncode == 2
    assert done.stderr.startswith("mel: ")
    assert done.stderr.count("\n") == 1
    assert advice in done.stderr
    assert not done.stdout
    assert not out.exists()


@pytest.mark.parametrize("failure", ["401", "403", "rules", "not taking part"])
def test_rules_that_only_the_download_asks_for_are_named(failure, world, out):
    """Files are listed for everybody; only those who accepted the rules may fetch them."""
    world.fail("download", stderr=FAILURES[failure][0])
    with pytest.raises(MelError, match="rules") as caught:
        download("titanic", out)
    assert RULES in str(caught.value)
    assert not out.exists()


def test_a_client_that_is_missing_is_named_with_its_remedy(world, tmp_path):
    (tmp_path / "bin/kaggle").unlink()
    code = (
        "import sys, runpy; sys.executable = '/nowhere/python';"
        "sys.argv = ['mel', 'kaggle', 'download', 'titanic', '--check'];"
        "runpy.run_module('mel.cli', run_name='__main__')"
    )
    path = os.pathsep.join(
        p for p in os.environ["PATH"].split(os.pathsep) if not (Path(p) / "kaggle").exists()
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("mel: Kaggle's client is not installed here; pip install")
    assert "not checked" in done.stdout


def test_a_client_elsewhere_can_be_named(world, tmp_path, monkeypatch):
    moved = shutil.move(tmp_path / "bin/kaggle", tmp_path / "other")
    monkeypatch.setenv("MEL_KAGGLE", str(moved))
    assert client.find().command == Path(moved)
    monkeypatch.setenv("MEL_KAGGLE", str(tmp_path / "absent"))
    with pytest.raises(MelError, match=r"MEL_KAGGLE: .*absent is no program"):
        client.find()


@pytest.mark.parametrize(
    ("facts", "advice"),
    [
        ({"banner": "Hello,", "version": "world"}, "'Hello, world' .* not Kaggle's client"),
        ({"banner": "Kaggle API", "version": "1.5.16"}, "1.5.16; pip install --upgrade kaggle"),
        (
            {"faults": {"version": {"stderr": "KeyError: 'KAGGLE_API_TOKEN'", "status": 1}}},
            "does not start .*KeyError.*--force-reinstall",
        ),
    ],
)
def test_a_client_that_cannot_be_used_is_refused(facts, advice, world, out):
    world.set(**facts)
    with pytest.raises(MelError, match=advice):
        download("titanic", out)


def test_a_file_that_is_no_program_is_refused(world, tmp_path, out):
    (tmp_path / "bin/kaggle").write_text("\0\1\2")
    with pytest.raises(MelError, match="cannot be started"):
        download("titanic", out)


def test_warnings_before_the_version_are_passed_over(world):
    world.set(banner="Warning: Your Kaggle API key is readable by other users!\nKaggle CLI")
    assert client.find().version == (2, 2, 4)


@pytest.mark.parametrize("text", ["<html>Sign in</html>", "name,size\na,b,c\n", ""])
def test_an_answer_that_is_no_list_is_refused(text, world, out):
    world.fail("files", stdout=text, status=0)
    with pytest.raises(MelError, match="in place of a list of files"):
        download("titanic", out)


def test_a_client_that_is_killed_is_told_from_one_that_fails(world, out):
    world.fail("files", kill=signal.SIGKILL)
    with pytest.raises(MelError, match="killed by signal 9"):
        download("titanic", out)


# credentials


@pytest.fixture
def nobody(world, monkeypatch):
    """Take all credentials away; give the folder for their files."""
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    return Path(os.environ["HOME"]) / ".kaggle"


def _found():
    return client.credentials(os.environ)


def _write(path, text, mode=0o600):
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    path.chmod(mode)
    return path


def test_without_credentials_the_page_to_make_them_is_named(nobody, out):
    with pytest.raises(MelError, match=f"no Kaggle credentials; make a token at {TOKENS}"):
        download("titanic", out)


def test_credentials_are_found_in_the_order_of_the_client(nobody, monkeypatch):
    login = _write(nobody / "credentials.json", {"refresh_token": "r" * 20, "username": "x"})
    assert (_found().kind, _found().source) == ("login", str(login))
    legacy = _write(nobody / "kaggle.json", {"username": "x", "key": "k" * 32})
    assert (_found().kind, _found().source) == ("key", str(legacy))
    monkeypatch.setenv("KAGGLE_USERNAME", "y")
    monkeypatch.setenv("KAGGLE_KEY", "l" * 32)
    assert _found().source == "KAGGLE_USERNAME and KAGGLE_KEY"
    token = _write(nobody / "access_token", "KGAT_file\n")
    assert (_found().kind, _found().source) == ("token", str(token))
    monkeypatch.setenv("KAGGLE_API_TOKEN", "KGAT_variable")
    assert _found().source == "KAGGLE_API_TOKEN"
    monkeypatch.setenv("KAGGLE_API_TOKEN", str(token))
    assert _found().source == f"KAGGLE_API_TOKEN, the file {token}"


def test_inside_a_notebook_of_kaggles_its_own_token_comes_first(world, tmp_path, monkeypatch):
    path = _write(tmp_path / "v1", "notebook-token")
    monkeypatch.setenv("KAGGLE_API_V1_TOKEN", str(path))
    assert _found().source == "KAGGLE_API_TOKEN"
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    monkeypatch.setenv("KAGGLE_DATA_PROXY_URL", "https://dp.kaggle.net")
    assert _found().source == f"KAGGLE_API_V1_TOKEN, the file {path}"
    assert "notebook-token" not in client.find().secrets.hide("a notebook-token here")


def test_the_folder_of_kaggle_json_is_the_clients(nobody, tmp_path, monkeypatch):
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    path = _write(tmp_path / "kaggle.json", {"username": "x", "key": "k" * 32})
    assert _found().source == str(path)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("{", "kaggle.json: holds no username"),
        ({"username": "x"}, "kaggle.json: holds no key"),
        ({"username": "x", "key": "KGAT_abc"}, "the key is a token; put it into KAGGLE_API_TOKEN"),
        ({"username": "x", "key": "a b"}, "more than a token"),
    ],
)
def test_a_kaggle_json_that_cannot_work_is_refused(text, advice, nobody):
    _write(nobody / "kaggle.json", text)
    with pytest.raises(MelError, match=advice):
        _found()


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("KAGGLE_USERNAME", "x", "KAGGLE_KEY is not set"),
        ("KAGGLE_KEY", "k" * 32, "KAGGLE_USERNAME is not set"),
        ("KAGGLE_API_TOKEN", '"KGAT_quoted"', "KAGGLE_API_TOKEN: holds more than a token"),
    ],
)
def test_variables_that_cannot_work_are_refused(name, value, advice, nobody, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(MelError, match=advice):
        _found()


def test_a_file_that_others_can_read_is_a_warning_and_works(nobody, out, mel):
    path = _write(nobody / "access_token", "KGAT_file", 0o644)
    assert _found().warning == f"others may read it: chmod 600 {path}"
    done = mel("titanic", "--out", out)
    assert done.returncode == 0
    assert done.stderr.startswith(f"warning: others may read it: chmod 600 {path}\n")


def test_a_token_needs_a_client_that_reads_tokens(world, out):
    world.set(banner="Kaggle API", version="1.7.4.5")
    with pytest.raises(MelError, match=r"1\.7\.4\.5 does not read the token of KAGGLE_API_TOKEN"):
        download("titanic", out)


# --check


def test_a_check_lists_all_steps_and_downloads_nothing(world, tmp_path, mel):
    done = mel("titanic", "--check")
    assert done.returncode == 0, done.stderr
    rows = [line.split()[:2] for line in done.stdout.splitlines() if "  ok  " in line]
    assert rows == [[name, "ok"] for name in ("client", "credentials", "competition", "rules")]
    assert "2.2.4" in done.stdout
    assert world.count("download") == 0


def test_a_check_of_a_competition_not_joined_fails_with_the_page(world, mel):
    world.set(entered={"titanic": False})
    done = mel("titanic", "--check")
    assert done.returncode == 2
    assert done.stderr.startswith("mel: titanic: not joined")
    assert RULES in done.stderr
    assert "rules        failed  titanic: not joined\n" in done.stdout


@pytest.mark.parametrize("entered", [{}, {"titanic-2": False}])
def test_a_check_says_what_it_cannot_tell(entered, world):
    world.set(entered=entered)
    *_, rules = client.check("titanic")
    assert (rules.state, "the download itself will" in rules.detail) == ("warning", True)


def test_a_check_stops_at_the_first_failure(world):
    world.fail("files", stderr="404 - Not Found")
    checks = client.check("titanic")
    assert [c.state for c in checks] == ["ok", "ok", "failed", "not checked"]
    with pytest.raises(MelError, match="no such competition"):
        client.require(checks)
