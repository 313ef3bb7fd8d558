"""What is told where Google's libraries, or the project, are missing."""

from __future__ import annotations

import sys

import pytest

from pymacaron.exceptions import ConfigError
from pymacaron_gcp.calls import CALLS
from pymacaron_gcp.client import Gcp
from pymacaron_gcp.cloudrun.names import job_name, lock_name, pool_name, revision_stem, service_name, tag_name

LONG = "The_Long.Name-of-a-service-that-sells-everything-under-the-sun-live"


def test_a_missing_library_is_told_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.auth", None)
    with pytest.raises(ConfigError, match=r"pip install 'pymacaron-gcp\[cloud-run\]>=3'"):
        Gcp("shop-project", "europe-west1").call("services", "get_service", name="shop-live")


def test_a_call_that_the_role_would_not_allow_is_not_made() -> None:
    assert ("services", "list_services") not in CALLS
    with pytest.raises(KeyError):
        Gcp("shop-project", "europe-west1").call("services", "list_services")


@pytest.mark.parametrize("label", ["shop-live", LONG, LONG.lower(), "9lives-live"])
def test_names_fit_into_what_cloud_run_allows_whatever_the_service_is_called(label: str) -> None:
    service = service_name(label)
    assert len(service) + len(tag_name("1")) <= 46
    assert len(revision_stem(service, "261121-0427-2-f6021f.2", "content")) + len("-99") <= 63
    for name in (
        service,
        lock_name(service),
        job_name(service, "1", ("a", "b")),
        pool_name(service, "a_long_role" * 5),
    ):
        assert len(name) <= 49
        assert name[0].isalpha()
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_names_that_look_alike_stay_apart() -> None:
    assert service_name("shop-live") == "shop-live"
    assert len({service_name(label) for label in ("shop.live", "shop_live", "Shop-live", LONG, LONG + "x")}) == 5
    assert revision_stem("shop", "1", "a") != revision_stem("shop", "1", "b")
