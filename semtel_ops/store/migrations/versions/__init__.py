"""One file for each schema version of the ledger, run in the order of their names; docs/ledger.md says how to add one.

A migration that was released never changes. It spells out tables and values itself and imports nothing of ours: what it
needs must mean the same years later. There are no downgrades: the way back is the backup.
"""
