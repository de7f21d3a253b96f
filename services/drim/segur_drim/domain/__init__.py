"""The rules of the box: what an image says, what a KOS holds, what a client accepts."""
