"""The kinds of endpoint, a module each: settings, address, ceilings, and the adapter that talks to it.

Here: what differs between providers. Not here: the adapters that several kinds share (`endpoints.openai_chat`,
`endpoints.openai_batch`), the list of kinds (`endpoints.factory`).
"""
