"""The library in Airflow: adapters from Airflow's terms (connections, params, data intervals, assets) to those of `semtel_ops`.

Here: adapters of a few lines each. Not here: anything that could be tested without Airflow; that belongs in `semtel_ops`.
"""
