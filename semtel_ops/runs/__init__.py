"""State shared by all tasks of a run: plan, resources, budget and progress.

Here: values and the readers of what a run was planned with. Not here: what a task does (`steps`), or how a shard becomes rows
(`shards`).
"""
