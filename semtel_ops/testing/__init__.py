"""Test doubles and builders, for this package and for packages that extend it. Import each from its module: nothing is here."""
