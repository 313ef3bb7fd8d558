"""The module that registers pymacaron-async with the plugin host; it implements no hook yet."""
