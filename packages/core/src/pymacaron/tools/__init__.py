"""Tools that a running service never needs: nothing that serves imports them."""
