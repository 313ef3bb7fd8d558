"""The module that registers pymacaron-auth with the plugin host; it implements no hook yet."""
