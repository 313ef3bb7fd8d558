"""The deploy target `aws-beanstalk`: each release is an environment of Elastic Beanstalk, behind a swapped name."""

from pymacaron_aws.beanstalk.target import BeanstalkTarget

__all__ = ["BeanstalkTarget"]
