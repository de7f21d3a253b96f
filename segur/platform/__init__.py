"""The whole country on one machine: which processes there are, how they start, stay up, drain and stop.

`plan` says what is to run, `embedded` finds the two embedded servers, `launch` supervises, `home` remembers what runs,
`status` asks how it is, `role` is what a child process executes.
"""
