"""Airflow's face of the library: what turns Airflow's words (connections, params, data intervals, assets) into ours.

Here: adapters of a few lines each. Not here: anything that could be tested without Airflow; that belongs in `semtel_ops`.
"""
