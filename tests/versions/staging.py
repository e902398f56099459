"""Stage files by every way in that needs no browser; run by an environment's own Python.

    python staging.py WORK.json

WORK.json names the backend, a service account and the files. Prints one JSON object: for each way
in, the SHA-256 of what its link gave back.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from pathlib import Path

warnings.simplefilter("ignore")  # an old library's own; the tests of the newest make them errors


def main():
    work = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    for name, variable in (("client_id", "ID"), ("client_secret", "SECRET")):
        os.environ[f"OPENEO_AUTH_CLIENT_{variable}"] = work["service"][name]
    os.environ["OPENEO_AUTH_METHOD"] = "client_credentials"
    # The account's secret goes to a backend that an administrator has listed.
    os.environ["JUPYTER_OPENEO_ARTIFACTS_BACKENDS"] = work["backend"]
    found = {"command line": by_command_line(work), "server": by_server(work)}
    found |= by_helper(work) | by_magic(work)
    sys.stdout.write(json.dumps(found) + "\n")


def digest(link):
    with urllib.request.urlopen(link, timeout=60) as answer:
        return hashlib.sha256(answer.read()).hexdigest()


def by_helper(work):
    import openeo

    from jupyter_openeo_artifacts import build_artifact_helper

    connection = openeo.connect(work["backend"])
    connection.authenticate_oidc()  # as the environment says
    helper = build_artifact_helper(connection)
    found = {}
    for way, file in (("helper, 1 part", work["small"]), ("helper, 5 parts", work["large"])):
        uri = helper.upload_file(file)
        assert helper.verify(uri).get, "the link does not work"
        found[way] = digest(helper.sign(uri).url)
    assert str(uri) in {str(each.uri) for each in helper.list()}
    helper.download(uri, Path(work["large"]).with_name("back"))
    helper.delete(uri)
    return found


def by_magic(work):
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_openeo_artifacts import ArtifactUploader

    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "jupyter_openeo_artifacts")
    artifact = shell.run_line_magic("artifact_upload", f'--new "{work["small"]}"')
    ArtifactUploader()
    return {"magic": digest(artifact.presigned_url())}


def by_command_line(work):
    program = Path(sys.executable).with_name("jupyter-openeo-artifacts")
    words = ["upload", work["small"], "--backend", work["backend"], "--json", "--link", "--new"]
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return digest(json.loads(done.stdout)["url"])


def by_server(work):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    listed = {"OpenEOArtifacts": {"backends": [{"url": work["backend"], "title": "demo"}]}}
    settings = Path(os.environ["JUPYTER_CONFIG_DIR"]) / "jupyter_server_config.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(json.dumps(listed), "utf-8")
    file = Path(work["small"])
    log = file.with_name("server.log")
    with log.open("wb") as written:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser"),
                *(f"--ServerApp.port={port}", f"--ServerApp.root_dir={file.parent}"),
                f"--IdentityProvider.token={token}",
            ],
            stdout=written,
            stderr=written,
        )

    def ask(method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    try:
        while True:
            assert process.poll() is None, log.read_text("utf-8", "replace")
            try:
                ask("GET", "api/status")
                break
            except OSError:
                time.sleep(0.2)
        ours = "jupyter-openeo-artifacts"
        opened = ask("POST", f"{ours}/connections", {"backend": work["backend"]})
        assert opened["state"] == "signed_in", opened
        upload = ask("POST", f"{ours}/uploads", {"connection": opened["id"], "path": file.name})
        while upload["state"] not in {"staged", "failed", "cancelled"}:
            time.sleep(0.2)
            upload = ask("GET", f"{ours}/uploads/{upload['id']}")
        assert upload["state"] == "staged", upload
        return digest(ask("POST", f"{ours}/artifacts/{upload['artifact']}/sign", {})["url"])
    finally:
        process.terminate()
        process.wait(60)


if __name__ == "__main__":
    main()
