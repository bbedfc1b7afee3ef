# The embedded cloud, or any other emulator: nothing to wait for, nothing to keep.

environment               = "local"
s3_use_path_style         = true
max_retries               = 4
force_destroy             = true
deregistration_delay      = 3
health_check_grace_period = 15
stop_timeout              = 5
cost_allocation_tags      = ["Environment", "Project", "Service"]

prediction_log = {
  seconds = 3
  kept    = true
}

health_check = {
  interval            = 5
  timeout             = 2
  healthy_threshold   = 2
  unhealthy_threshold = 2
}

scaling = {
  out_cooldown = 10
  in_cooldown  = 20
}
