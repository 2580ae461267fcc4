"""The kinds of endpoint, each in a module: settings, URLs, limits and adapters.

Here: what differs between providers. Not here: the adapters that several kinds share (`endpoints.openai_chat`,
`endpoints.openai_batch`), the list of kinds (`endpoints.factory`).
"""
