"""The store: what is kept between requests."""
