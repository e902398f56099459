"""The schema of what a backend advertises, and everything that is to hold to it."""

from __future__ import annotations

import json
from copy import deepcopy
from importlib import resources

import openeo
import pytest
from jsonschema import Draft202012Validator

from jupyter_openeo_artifacts.artifacts.capabilities import choose, providers
from jupyter_openeo_artifacts.artifacts.config import S3STSConfig, resolve
from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactsException
from jupyter_openeo_artifacts.s3.settings import FEATURE_FLAGS
from tests.docs.blocks import ROOT, blocks

SCHEMA = json.loads(
    resources.files("jupyter_openeo_artifacts.artifacts")
    .joinpath("artifacts.schema.json")
    .read_text()
)
CHECK = Draft202012Validator(SCHEMA)
EXAMPLES = [
    json.loads(each.code)
    for each in blocks(ROOT / "docs/providers.md")
    if each.language == "json" and '"providers"' in each.code
]
CONFIG = SCHEMA["$defs"]["S3STSConfig"]
"""What is advertised wrongly: the path of a value, and the value (None takes it away)."""
WRONG = [
    (("providers",), None),
    (("providers",), {}),
    (("providers",), []),
    (("providers", 0), "s3"),
    (("providers", 0, "id"), None),
    (("providers", 0, "type"), None),
    (("providers", 0, "config"), None),
    (("providers", 0, "config"), "s3"),
    *((("providers", 0, "config", name), None) for name in CONFIG["required"]),
    (("providers", 0, "config", "s3_endpoint"), "s3.example.org"),
    (("providers", 0, "config", "s3_endpoint"), "ftp://s3.example.org"),
    (("providers", 0, "config", "sts_endpoint"), "https://user@sts.example.org"),
    (("providers", 0, "config", "sts_endpoint"), "https://sts.example.org?x=1"),
    (("providers", 0, "config", "bucket"), "arn:aws:s3:::bucket"),
    (("providers", 0, "config", "role"), ""),
]


def changed(path, value):
    found = deepcopy(EXAMPLES[0])
    at = found
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return found


def read(artifacts):
    chosen = choose(providers(artifacts))
    return resolve(S3STSConfig(), chosen.config, chosen.id)


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"].rsplit(":", 1)[1].count(".") == 2


def test_the_demo_holds_to_it(provider):
    CHECK.validate(openeo.connect(provider.backend).get("/").json()["artifacts"])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one["providers"][0]["id"])
def test_examples_in_the_docs_hold_to_it_and_can_be_used(example):
    CHECK.validate(example)
    assert read(example).bucket == example["providers"][0]["config"]["bucket"]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=str)
def test_what_the_schema_refuses_is_refused_by_name(path, value):
    # Given
    artifacts = changed(path, value)

    # When, Then
    assert list(CHECK.iter_errors(artifacts))
    with pytest.raises(ArtifactsException) as refused:
        read(artifacts)
    named = [step for step in path if isinstance(step, str)][-1]
    assert named in str(refused.value) or "offer" in str(refused.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("providers", 0, "config", "tomorrow"), {"a": 1}),
        (("providers", 0, "config", "feature_flags"), {"tomorrow": "text"}),
        (("providers", 0, "tomorrow"), [1]),
        (("tomorrow",), 1),
    ],
    ids=str,
)
def test_more_may_be_advertised_tomorrow(path, value):
    CHECK.validate(changed(path, value))
    read(changed(path, value))


def test_it_names_every_value_that_is_read():
    fields = {name for name in S3STSConfig.__dataclass_fields__ if name not in _OURS}
    assert set(CONFIG["properties"]) == fields
    assert set(CONFIG["properties"]["feature_flags"]["properties"]) == set(FEATURE_FLAGS)


_OURS = {"trace_id", "session_seconds"}  # a user's own choice, which no backend advertises
