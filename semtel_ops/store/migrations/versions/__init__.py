"""Migrations, one file for each schema version of the ledger, run in the order of their names.

A released migration never changes. It defines its tables and values itself and imports nothing from this package, so that it
has the same effect years later. There are no downgrades; restore the backup instead. docs/ledger.md describes how to add a
migration.
"""
