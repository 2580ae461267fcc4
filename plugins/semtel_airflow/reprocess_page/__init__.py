"""The reprocess form filled in from its address, which Airflow's own trigger form cannot be: where links in alerts lead.

Opening it starts nothing. Its button triggers the DAG through Airflow's API as the person who is signed in, who needs the same
permission as for Airflow's form. Here: one page. Not here: what the fields mean (`reprocess_form`), where they are checked
(`semtel_ops.steps.reprocess`).
"""
