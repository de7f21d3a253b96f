"""What the directory remembers: the resources it shows, and the register they are made from."""
