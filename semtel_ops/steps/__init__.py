"""Use cases: each step implements one task or command.

A step takes JSON-able arguments and returns a small manifest (references, counts, money); files go through the lake. Doing a
step twice changes nothing. Not here: anything another step could not live without knowing how it works.
"""
