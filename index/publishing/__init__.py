"""Snapshots in object storage: published by whoever builds, fetched by every replica."""
