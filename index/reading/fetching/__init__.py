"""Fetch pages of a site: only public addresses, as robots.txt allows, within limits of size, time and number."""
