"""The page on which people label conversations, behind Airflow's login; only for those who may read conversation text.

Here: routes, permissions, and the files for the browser. Not here: what is shown next, who has seen what, and what is kept
(`semtel_ops.steps.gold_session`).
"""
