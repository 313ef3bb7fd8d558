"""The deploy target `docker`: hosts with a Docker engine, each behind a proxy of its own."""
