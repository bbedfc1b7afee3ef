# The embedded cloud, or any other emulator.

environment       = "local"
s3_use_path_style = true
max_retries       = 4
force_destroy     = true
