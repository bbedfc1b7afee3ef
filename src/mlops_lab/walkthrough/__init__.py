"""The walkthrough: a captioned film of the lab at work, recorded from the running lab by one command."""
