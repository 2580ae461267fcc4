"""What every task of a run agrees on: its plan, its resources, its budget, and how it tells people that it goes on.

Here: values and the readers of what a run was planned with. Not here: what a task does (`steps`), or how a shard becomes rows
(`shards`).
"""
