"""Stage by the helper and by the magic: `python helper_session.py BACKEND ID SECRET FILE …`."""

from __future__ import annotations

import hashlib
import json
import sys
import urllib.request

import openeo

from jupyter_openeo_artifacts import build_artifact_helper


def digest(link):
    with urllib.request.urlopen(link, timeout=60) as answer:
        return hashlib.sha256(answer.read()).hexdigest()


def main():
    backend, client_id, secret, *files = sys.argv[1:]
    connection = openeo.connect(backend)
    connection.authenticate_oidc_client_credentials(client_id, secret)
    helper = build_artifact_helper(connection)
    found = [digest(helper.sign(helper.upload_file(file)).url) for file in files]

    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.user_ns |= {"connection": connection, "path": files[0]}
    shell.run_line_magic("load_ext", "jupyter_openeo_artifacts")
    shell.run_cell("staged = %artifact_upload --new {path}").raise_error()
    found.append(digest(shell.user_ns["staged"].presigned_url()))
    sys.stdout.write(json.dumps(found) + "\n")


main()
