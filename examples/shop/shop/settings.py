"""The shop's own section of pym-config.yaml."""

from pymacaron.config.settings import Settings, setting


class ShopSettings(Settings):
    """Keys that start with shop_."""

    shop_currency: str = setting("EUR", description="Currency of all prices.", example="SEK", pattern="^[A-Z]{3}$")
