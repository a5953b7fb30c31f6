"""Where the values of the settings come from: a file, secret files, variables, the command line."""
