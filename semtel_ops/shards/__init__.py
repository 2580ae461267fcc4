"""Processing of one shard from prepared text to label rows, in any lane.

Here: the rows of a shard, the requests they still need, both lanes that answer them. Not here: which shard is taken, in which
lane and by which task (`steps`), and how requests are made (`packing`), sent (`realtime`, `batch`) or limited (`concurrency`).
"""
