"""The module that registers pymacaron-aws with the plugin host; it implements no hook yet."""
