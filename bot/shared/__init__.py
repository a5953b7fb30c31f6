"""What replicas share on a Valkey or Redis server: rate limits and verified answers. All of it may be lost."""
