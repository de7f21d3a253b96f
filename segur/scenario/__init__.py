"""Stories: what an editor must prove, told as steps against the running platform over its outside doors.

A story is a Python function with steps; each step checks the answer on the wire and the facts it must cause. Actors use
ordinary clients (httpx, smtplib, imaplib, lxml), never a service's inside.
"""
