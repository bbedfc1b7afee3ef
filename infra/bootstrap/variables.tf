# What may differ between two accounts.

variable "name" {
  description = "Name of the lab: prefix of bucket and role and value of the tag Project."
  type        = string
  default     = "mlops-lab"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,10}[a-z0-9]$", var.name))
    error_message = "name is '${var.name}'; use 3 to 12 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "environment" {
  description = "Value of the tag Environment."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.environment))
    error_message = "environment is '${var.environment}'; use 2 to 20 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "region" {
  description = "AWS region of the state bucket."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is '${var.region}'; use a region's code such as us-east-1."
  }
}

variable "adopt" {
  description = "What exists already and is to be taken over: bucket, role."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.adopt, ["bucket", "role"])) == 0
    error_message = "adopt is [${join(", ", var.adopt)}]; use bucket, role, both or none."
  }
}

variable "history_days" {
  description = "Days after which superseded states expire; null: never."
  type        = number
  default     = null

  validation {
    condition     = var.history_days == null ? true : var.history_days >= 1
    error_message = "history_days is ${coalesce(var.history_days, 0)}; use at least 1, or null."
  }
}

variable "force_destroy" {
  description = "Whether destroy also deletes every state in the bucket."
  type        = bool
  default     = false
}

variable "s3_use_path_style" {
  description = "Whether S3 is addressed as endpoint/bucket instead of bucket.endpoint; emulators need it."
  type        = bool
  default     = false
}

variable "max_retries" {
  description = "Times a call to AWS that failed by itself (throttled, 5xx) is repeated; an emulator that fails once fails again."
  type        = number
  default     = 25

  validation {
    condition     = var.max_retries >= 1 && floor(var.max_retries) == var.max_retries
    error_message = "max_retries is ${var.max_retries}; use a whole number from 1."
  }
}
