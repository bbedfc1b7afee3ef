"""What AWS charges: list prices, where they stand, and when they were read. Prices change: compare before relying."""

from dataclasses import dataclass

ELB = "https://aws.amazon.com/elasticloadbalancing/pricing/"
VPC = "https://aws.amazon.com/vpc/pricing/"
PRIVATELINK = "https://aws.amazon.com/privatelink/pricing/"
FARGATE = "https://aws.amazon.com/fargate/pricing/"
CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
S3 = "https://aws.amazon.com/s3/pricing/"
ECR = "https://aws.amazon.com/ecr/pricing/"
RDS = "https://aws.amazon.com/rds/postgresql/pricing/"
ROUTE53 = "https://aws.amazon.com/route53/pricing/"
EC2 = "https://aws.amazon.com/ec2/pricing/on-demand/"


@dataclass(frozen=True)
class Price:
    """USD for one unit, and what an account gets of it each month at no charge, for good."""

    usd: float
    unit: str
    source: str
    allowance: float = 0.0


@dataclass(frozen=True)
class PriceList:
    """On-demand list prices of one region without taxes, discounts and the twelve-month free tier."""

    region: str
    recorded: str
    balancer: Price
    balancer_capacity: Price
    public_address: Price
    nat_gateway: Price
    nat_data: Price
    endpoint: Price
    endpoint_data: Price
    internet_data: Price
    cpu: Price
    memory: Price
    arm_cpu: Price
    arm_memory: Price
    alarm: Price
    dashboard: Price
    logs: Price
    objects: Price
    images: Price
    database: Price  # db.t4g.micro, one zone
    database_storage: Price
    hosted_zone: Price


US_EAST_1 = PriceList(
    region="us-east-1",
    recorded="November 2026",
    balancer=Price(0.0225, "hour", ELB),
    balancer_capacity=Price(0.008, "LCU-hour", ELB),
    public_address=Price(0.005, "hour", VPC),
    nat_gateway=Price(0.045, "hour", VPC),
    nat_data=Price(0.045, "GB", VPC),
    endpoint=Price(0.01, "hour", PRIVATELINK),
    endpoint_data=Price(0.01, "GB", PRIVATELINK),
    internet_data=Price(0.09, "GB", EC2, allowance=100),
    cpu=Price(0.04048, "vCPU-hour", FARGATE),
    memory=Price(0.004445, "GB-hour", FARGATE),
    arm_cpu=Price(0.03238, "vCPU-hour", FARGATE),
    arm_memory=Price(0.00356, "GB-hour", FARGATE),
    alarm=Price(0.10, "alarm", CLOUDWATCH, allowance=10),
    dashboard=Price(3.00, "dashboard", CLOUDWATCH, allowance=3),
    logs=Price(0.50, "GB", CLOUDWATCH, allowance=5),
    objects=Price(0.023, "GB-month", S3),
    images=Price(0.10, "GB-month", ECR),
    database=Price(0.016, "hour", RDS),
    database_storage=Price(0.115, "GB-month", RDS),
    hosted_zone=Price(0.50, "month", ROUTE53),
)
