# MiniStack, an independent emulator (ministack 1.5.33 on PyPI): local.tfvars without what it does not implement.
# Given after local.tfvars: terraform apply -var-file=environments/local.tfvars -var-file=environments/ministack.tfvars

scaling              = null # Application Auto Scaling
anomaly_usd          = null # Cost Explorer's anomaly monitors
cost_allocation_tags = []   # and its cost allocation tags
