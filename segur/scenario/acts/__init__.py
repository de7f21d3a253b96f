"""What people and their software do in the stories, one kind of act per file; a story is an order of acts.

Every act asserts on the answer on the wire and on the fact it must cause, and knows the platform by its doors only.
"""
