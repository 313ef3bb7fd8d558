"""`pym deploy` from a commit to a release that is proven live, as a real process on a fake target."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Shop


def test_a_deploy_goes_live(shop: Shop) -> None:
    print(shop.deploy("1.0"))
    assert shop.live() == "1.0"
