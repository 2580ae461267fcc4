"""Prompt repair: a search for a better wording of a classifier's prompt, and a test of whether it is one.

Here: a prompt as parts, mutators that change them, the guard that keeps text of conversations out, the search, and the one
look at the rows that confirm. Pure: labels, suggestions of a model and what is remembered come from outside. Not here: asking
models, files and the ledger (`steps.repair`), paired tests (`evaluation`), prompt files as such (`classifiers`).
"""
