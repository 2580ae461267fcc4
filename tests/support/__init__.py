"""What several tests of this repository start from: made-up weeks, runs, shards and experiments.

Here: builders and doubles that know how a run is laid out, and are of use to our own tests alone.
Not here: doubles of endpoints and clocks that users test their own code with (`semtel_ops.testing`).
"""
