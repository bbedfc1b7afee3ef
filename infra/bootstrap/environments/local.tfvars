# The embedded cloud, or any other emulator.

environment       = "local"
s3_use_path_style = true
force_destroy     = true
