# What may differ between two deployments. The defaults suit AWS; environments/*.tfvars say what is different elsewhere.

variable "name" {
  description = "Name of the lab: prefix of every resource and value of the tag Project. src/mlops_lab/catalog.py knows the default."
  type        = string
  default     = "mlops-lab"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,10}[a-z0-9]$", var.name))
    error_message = "name is '${var.name}'; use 3 to 12 lower-case letters, digits and hyphens, beginning with a letter (target group names hold 32)."
  }
}

variable "environment" {
  description = "Value of the tag Environment; one of the files in environments/ sets it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.environment))
    error_message = "environment is '${var.environment}'; use 2 to 20 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "region" {
  description = "AWS region of everything but the budget, which AWS keeps in us-east-1."
  type        = string
  default     = "us-east-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region is '${var.region}'; use a region's code such as us-east-1."
  }
}

variable "projects" {
  description = <<-EOT
    Models that are served, by name; the name is also the first segment of the URL path. repository: ECR repository of
    the image; cpu (1024 = one vCPU) and memory (MiB): one of Fargate's pairs; min_tasks, max_tasks: bounds of the stable
    service; requests_per_task: requests a minute a task takes before another is added; fields: of its requests, with
    their types in Glue, for the table over its logged predictions; report: the week whose notebook reports on its
    training by the clock, null for none.
  EOT
  type = map(object({
    repository        = string
    cpu               = optional(number, 256)
    memory            = optional(number, 512)
    min_tasks         = optional(number, 1)
    max_tasks         = optional(number, 3)
    requests_per_task = optional(number, 600)
    fields            = optional(list(object({ name = string, type = string })), [])
    report            = optional(number)
  }))
  default = {
    income = { repository = "mlops-api-1", report = 3 }
    taxi   = { repository = "mlops-api-2", report = 4 }
  }

  validation {
    condition     = length(var.projects) > 0
    error_message = "projects is empty; name at least one model to serve."
  }

  validation {
    condition     = alltrue([for key in keys(var.projects) : can(regex("^[a-z][a-z0-9-]{0,10}[a-z0-9]$", key))])
    error_message = "projects has the names ${join(", ", keys(var.projects))}; use 2 to 12 lower-case letters, digits and hyphens, beginning with a letter (target group names hold 32)."
  }

  validation {
    condition     = length(distinct([for project in values(var.projects) : project.repository])) == length(var.projects)
    error_message = "projects share a repository; give each its own, so that one project's images never expire another's."
  }

  validation {
    condition = alltrue([for project in values(var.projects) : contains(lookup({
      "256"  = [512, 1024, 2048]
      "512"  = range(1024, 4097, 1024)
      "1024" = range(2048, 8193, 1024)
      "2048" = range(4096, 16385, 1024)
      "4096" = range(8192, 30721, 1024)
    }, tostring(project.cpu), []), project.memory)])
    error_message = "projects has cpu and memory that Fargate does not pair; use 256 with 512-2048, 512 with 1024-4096, 1024 with 2048-8192, 2048 with 4096-16384, 4096 with 8192-30720."
  }

  validation {
    condition     = alltrue([for project in values(var.projects) : 1 <= project.min_tasks && project.min_tasks <= project.max_tasks && project.max_tasks <= 20])
    error_message = "projects has bounds that do not hold 1 <= min_tasks <= max_tasks <= 20."
  }

  validation {
    condition     = alltrue([for project in values(var.projects) : project.requests_per_task > 0])
    error_message = "projects has requests_per_task below 1; state how many requests a minute a task takes."
  }
}

variable "network_layout" {
  description = <<-EOT
    Where tasks run and how they reach ECR, CloudWatch Logs and SSM (S3 goes through its free gateway endpoint in each).
    Monthly price beside balancer and tasks, us-east-1 list prices (aws.amazon.com/vpc/pricing and /privatelink/pricing,
    recorded November 2026), 730 hours.
    public-tasks: public subnets, one public IPv4 address a task, no way in but the balancer; 3.65 USD a running task
    (0.005 USD/h).
    vpc-endpoints: private subnets, four interface endpoints in two zones; 58.40 USD (0.01 USD/h each) + 0.01 USD/GB.
    nat: private subnets, one NAT gateway and its address in the first zone; 36.50 USD (0.045 + 0.005 USD/h) + 0.045 USD/GB.
  EOT
  type        = string
  default     = "public-tasks"

  validation {
    condition     = contains(["public-tasks", "vpc-endpoints", "nat"], var.network_layout)
    error_message = "network_layout is '${var.network_layout}'; use public-tasks, vpc-endpoints or nat."
  }
}

variable "vpc_cidr" {
  description = "Address range of the VPC; the subnets are /24 for a /16."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.vpc_cidr, 8, 11)) && try(tonumber(split("/", var.vpc_cidr)[1]) >= 16, false)
    error_message = "vpc_cidr is '${var.vpc_cidr}'; use a range from /16 to /20 such as 10.20.0.0/16."
  }
}

variable "allowed_cidrs" {
  description = "Address ranges that may call the balancer."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = length(var.allowed_cidrs) > 0 && alltrue([for cidr in var.allowed_cidrs : can(cidrnetmask(cidr))])
    error_message = "allowed_cidrs is [${join(", ", var.allowed_cidrs)}]; list IPv4 ranges such as 203.0.113.0/24."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of the balancer: with one, port 443 serves and port 80 redirects to it; null: port 80 serves."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || can(regex("^arn:[a-z-]+:acm:", var.certificate_arn))
    error_message = "certificate_arn is '${coalesce(var.certificate_arn, "null")}'; use the ARN of an ACM certificate, or null."
  }
}

variable "health_check" {
  description = "Target-group health check: seconds between checks, seconds to wait for an answer, and answers in a row that turn a task healthy or unhealthy."
  type = object({
    interval            = optional(number, 15)
    timeout             = optional(number, 5)
    healthy_threshold   = optional(number, 2)
    unhealthy_threshold = optional(number, 3)
  })
  default = {}

  validation {
    condition     = 5 <= var.health_check.interval && var.health_check.interval <= 300 && 2 <= var.health_check.timeout && var.health_check.timeout < var.health_check.interval
    error_message = "health_check has interval ${var.health_check.interval} and timeout ${var.health_check.timeout}; use an interval of 5 to 300 and a timeout of at least 2 and below it."
  }

  validation {
    condition     = alltrue([for count in [var.health_check.healthy_threshold, var.health_check.unhealthy_threshold] : 2 <= count && count <= 10])
    error_message = "health_check has thresholds ${var.health_check.healthy_threshold} and ${var.health_check.unhealthy_threshold}; use 2 to 10."
  }
}

variable "deregistration_delay" {
  description = "Seconds a leaving task may take to finish the requests it has."
  type        = number
  default     = 30

  validation {
    condition     = 0 <= var.deregistration_delay && var.deregistration_delay <= 3600
    error_message = "deregistration_delay is ${var.deregistration_delay}; use 0 to 3600 seconds."
  }
}

variable "health_check_grace_period" {
  description = "Seconds after a task's start in which failed health checks do not replace it."
  type        = number
  default     = 60

  validation {
    condition     = 0 <= var.health_check_grace_period && var.health_check_grace_period <= 1800
    error_message = "health_check_grace_period is ${var.health_check_grace_period}; use 0 to 1800 seconds."
  }
}

variable "stop_timeout" {
  description = "Seconds between SIGTERM and SIGKILL when a task stops."
  type        = number
  default     = 30

  validation {
    condition     = 2 <= var.stop_timeout && var.stop_timeout <= 120
    error_message = "stop_timeout is ${var.stop_timeout}; use 2 to 120 seconds, Fargate's bounds."
  }
}

variable "cpu_architecture" {
  description = "Processor the images are built for."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "cpu_architecture is '${var.cpu_architecture}'; use X86_64 or ARM64."
  }
}

variable "scaling" {
  description = "Autoscaling of the stable services: CPU per cent to keep to, and seconds to wait after adding and after removing a task; null: none."
  type = object({
    cpu_percent  = optional(number, 60)
    out_cooldown = optional(number, 60)
    in_cooldown  = optional(number, 120)
  })
  default = {}

  validation {
    condition     = try(10 <= var.scaling.cpu_percent && var.scaling.cpu_percent <= 90, var.scaling == null)
    error_message = "scaling has cpu_percent ${try(var.scaling.cpu_percent, "null")}; use 10 to 90."
  }

  validation {
    condition     = try(alltrue([for seconds in [var.scaling.out_cooldown, var.scaling.in_cooldown] : 0 <= seconds && seconds <= 3600]), var.scaling == null)
    error_message = "scaling has cooldowns ${try("${var.scaling.out_cooldown} and ${var.scaling.in_cooldown}", "null")}; use 0 to 3600 seconds."
  }
}

variable "metric_period" {
  description = "Seconds of an alarm's and a dashboard's periods: 60 is how often ECS and load balancers report on AWS; the embedded cloud reports more often."
  type        = number
  default     = 60

  validation {
    condition     = contains([10, 20, 30], var.metric_period) || (var.metric_period >= 60 && var.metric_period % 60 == 0)
    error_message = "metric_period is ${var.metric_period}; use 10, 20, 30 or a multiple of 60."
  }
}

variable "alarms" {
  description = "Beyond what a service's alarms send a notice: per cent of CPU and memory, answers with 5xx and with 4xx a minute, seconds for one answer in a hundred."
  type = object({
    cpu_percent              = optional(number, 85)
    memory_percent           = optional(number, 85)
    errors_per_minute        = optional(number, 6)
    client_errors_per_minute = optional(number, 60)
    latency_seconds          = optional(number, 0.5)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name, value in var.alarms : value >= 0 && (!endswith(name, "percent") || value <= 100)])
    error_message = "alarms is ${jsonencode(var.alarms)}; use numbers from 0, and percentages to 100."
  }
}

variable "random_api_key" {
  description = "Whether the API key is a random one; otherwise it is api_key."
  type        = bool
  default     = true
}

variable "api_key" {
  description = "API key of your own, at least 16 characters (TF_VAR_api_key keeps it out of files and shell history); kept neither in the state nor in a plan."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.random_api_key ? var.api_key == null : can(regex("^[!-~ ]{16,}$", var.api_key))
    error_message = "api_key does not fit random_api_key; give one of at least 16 printable characters with random_api_key = false, or none."
  }
}

variable "api_key_version" {
  description = "Counter of the API key: a higher number writes a new one."
  type        = number
  default     = 1

  validation {
    condition     = var.api_key_version >= 1 && floor(var.api_key_version) == var.api_key_version
    error_message = "api_key_version is ${var.api_key_version}; use a whole number from 1."
  }
}

variable "random_database_password" {
  description = "Whether the password of the MLflow database is a random one; otherwise it is database_password."
  type        = bool
  default     = true
}

variable "database_password" {
  description = "Password of the MLflow database, at least 16 letters and digits (TF_VAR_database_password); kept neither in the state nor in a plan."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.random_database_password ? var.database_password == null : can(regex("^[A-Za-z0-9]{16,}$", var.database_password))
    error_message = "database_password does not fit random_database_password; give at least 16 letters and digits with it false, or none."
  }
}

variable "database_password_version" {
  description = "Counter of the database's password: a higher number writes a new one."
  type        = number
  default     = 1

  validation {
    condition     = var.database_password_version >= 1 && floor(var.database_password_version) == var.database_password_version
    error_message = "database_password_version is ${var.database_password_version}; use a whole number from 1."
  }
}

variable "mlflow_tracking_uri" {
  description = "Where tasks find MLflow, with its credentials where it asks for some (TF_VAR_mlflow_tracking_uri); null: mlflow_url. Kept neither in the state nor in a plan."
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = var.mlflow_tracking_uri == null || can(regex("^https?://[^ ]+$", var.mlflow_tracking_uri))
    error_message = "mlflow_tracking_uri is no http:// or https:// address."
  }
}

variable "mlflow_tracking_uri_version" {
  description = "Counter of mlflow_tracking_uri: a higher number writes it anew; null: a change of mlflow_url does."
  type        = number
  default     = null

  validation {
    condition     = var.mlflow_tracking_uri_version == null || try(var.mlflow_tracking_uri_version >= 1 && floor(var.mlflow_tracking_uri_version) == var.mlflow_tracking_uri_version, false)
    error_message = "mlflow_tracking_uri_version is ${coalesce(var.mlflow_tracking_uri_version, 0)}; use a whole number from 1, or null."
  }
}

variable "history_days" {
  description = "Days after which superseded object versions and logged predictions expire; null: never."
  type        = number
  default     = null

  validation {
    condition     = var.history_days == null ? true : var.history_days >= 1
    error_message = "history_days is ${coalesce(var.history_days, 0)}; use at least 1, or null."
  }
}

variable "log_retention_days" {
  description = "Days CloudWatch keeps the tasks' logs."
  type        = number
  default     = 14

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365], var.log_retention_days)
    error_message = "log_retention_days is ${var.log_retention_days}; use 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180 or 365, as CloudWatch allows."
  }
}

variable "alert_email" {
  description = "Address that is sent alarms, budget and anomaly notices after it has confirmed; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.alert_email == null || can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.alert_email))
    error_message = "alert_email is '${coalesce(var.alert_email, "null")}'; use an e-mail address, or null."
  }
}

variable "budget_usd" {
  description = "Monthly budget in USD: notices at 80 per cent spent and when the forecast passes it."
  type        = number
  default     = 100

  validation {
    condition     = var.budget_usd >= 1
    error_message = "budget_usd is ${var.budget_usd}; use at least 1."
  }
}

variable "anomaly_usd" {
  description = "Unexpected daily spend in USD from which the anomaly monitor sends a notice; null: no monitor."
  type        = number
  default     = 5

  validation {
    condition     = var.anomaly_usd == null ? true : var.anomaly_usd >= 1
    error_message = "anomaly_usd is ${coalesce(var.anomaly_usd, 0)}; use at least 1, or null."
  }
}

variable "cost_allocation_tags" {
  description = "Tags to activate for Cost Explorer; AWS knows a tag one day after its first use, and only the payer account may activate it."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setsubtract(var.cost_allocation_tags, ["Project", "Environment", "ManagedBy", "Service"])) == 0
    error_message = "cost_allocation_tags is [${join(", ", var.cost_allocation_tags)}]; use some of Project, Environment, ManagedBy and Service."
  }
}

variable "prediction_log" {
  description = "How answered predictions reach S3. seconds: between two shipments, which a killed Fargate task may lose; every 30 s are 0.43 USD a month of puts for each task under load. limit_bytes: what may wait on disk while S3 is away, beyond it logging is shed. kept: whether the folder is a volume that outlives its tasks, which the embedded cloud has and Fargate has not."
  type = object({
    seconds     = optional(number, 30)
    limit_bytes = optional(number, 1073741824)
    kept        = optional(bool, false)
  })
  default = {}

  validation {
    condition     = var.prediction_log.seconds > 0 && var.prediction_log.seconds <= 300 && var.prediction_log.limit_bytes >= 1024
    error_message = "prediction_log has seconds ${var.prediction_log.seconds} and limit_bytes ${var.prediction_log.limit_bytes}; use up to 300 seconds and at least 1024 bytes."
  }
}

variable "retraining" {
  description = "When the retraining tasks run: a cron(...) or rate(...) expression, its time zone, and whether they run at all; off until a retraining image is pushed."
  type = object({
    schedule = optional(string, "cron(0 3 ? * MON *)")
    timezone = optional(string, "UTC")
    enabled  = optional(bool, false)
  })
  default = {}

  validation {
    condition     = can(regex("^(cron|rate)\\(.+\\)$", var.retraining.schedule))
    error_message = "retraining has the schedule '${var.retraining.schedule}'; use cron(...) or rate(...) as EventBridge Scheduler writes them."
  }
}

variable "reporting" {
  description = "When the notebooks that report on training run, likewise."
  type = object({
    schedule = optional(string, "cron(0 5 ? * MON *)")
    timezone = optional(string, "UTC")
    enabled  = optional(bool, false)
  })
  default = {}

  validation {
    condition     = can(regex("^(cron|rate)\\(.+\\)$", var.reporting.schedule))
    error_message = "reporting has the schedule '${var.reporting.schedule}'; use cron(...) or rate(...) as EventBridge Scheduler writes them."
  }
}

variable "training" {
  description = "Size of a retraining or report task: cpu (1024 = one vCPU) and memory (MiB), one of Fargate's pairs."
  type = object({
    cpu    = optional(number, 1024)
    memory = optional(number, 4096)
  })
  default = {}

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.training.cpu) && 2 * var.training.cpu <= var.training.memory && var.training.memory <= 8 * var.training.cpu
    error_message = "training has cpu ${var.training.cpu} and memory ${var.training.memory}; use one of Fargate's sizes, with 2 to 8 MiB for each CPU unit."
  }
}

variable "mlflow" {
  description = "Size of the MLflow server: cpu (1024 = one vCPU) and memory (MiB), one of Fargate's pairs."
  type = object({
    cpu    = optional(number, 256)
    memory = optional(number, 1024)
  })
  default = {}

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096], var.mlflow.cpu) && 2 * var.mlflow.cpu <= var.mlflow.memory && var.mlflow.memory <= 8 * var.mlflow.cpu && var.mlflow.memory >= 1024
    error_message = "mlflow has cpu ${var.mlflow.cpu} and memory ${var.mlflow.memory}; use one of Fargate's sizes with at least 1024 MiB."
  }
}

variable "mlflow_cidrs" {
  description = "Address ranges that may call the MLflow server through the balancer, besides the lab's tasks; it has no login of its own."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.mlflow_cidrs : can(cidrnetmask(cidr)) && cidr != "0.0.0.0/0"])
    error_message = "mlflow_cidrs is [${join(", ", var.mlflow_cidrs)}]; list IPv4 ranges such as 203.0.113.0/24, not the whole internet."
  }
}

variable "mlflow_url" {
  description = "URL at which tasks reach the MLflow server; null: a name of its own in the VPC. The embedded cloud gives its loopback port."
  type        = string
  default     = null

  validation {
    condition     = var.mlflow_url == null || can(regex("^https?://[^ ]+$", var.mlflow_url))
    error_message = "mlflow_url is '${coalesce(var.mlflow_url, "null")}'; use a URL such as http://127.0.0.1:5001, or null."
  }
}

variable "mlflow_database" {
  description = "Postgres database of the MLflow server: instance class and GB; null: SQLite on a volume that outlives its tasks, which the embedded cloud has and Fargate has not."
  type = object({
    instance_class = optional(string, "db.t4g.micro")
    storage_gb     = optional(number, 20)
  })
  default = null

  validation {
    condition     = try(var.mlflow_database.storage_gb >= 20, var.mlflow_database == null)
    error_message = "mlflow_database has storage_gb ${try(var.mlflow_database.storage_gb, "null")}; use at least 20."
  }
}

variable "github_repository" {
  description = "GitHub repository (owner/name) whose workflows may train and deploy through OpenID Connect; null: none. An account holds one GitHub provider: import it if it has one."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository is '${coalesce(var.github_repository, "null")}'; use owner/name, or null."
  }
}

variable "force_destroy" {
  description = "Whether destroy also deletes the objects in the buckets and the images in the repositories."
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
