"""CloudWatch's alarms: states, history and notifications; who evaluates them sets their state through the API."""
