"""Doubles and builders we ship: for our tests and for those who build on us. Import the one you need; this file stays empty."""
