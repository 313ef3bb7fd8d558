"""Emulators of clouds on this machine, on 127.0.0.1 alone: deploys are rehearsed and tested against them."""
