"""Worker pools, and jobs with their executions."""

from __future__ import annotations

import uuid
from typing import Any

from google.cloud.run_v2 import types as run_v2

from pymacaron_testing.emulators.cloudrun.checks import check_containers, check_etag, check_name, masked
from pymacaron_testing.emulators.cloudrun.containers import LaunchError
from pymacaron_testing.emulators.cloudrun.life import Life
from pymacaron_testing.emulators.cloudrun.state import FAILED, PENDING, SUCCEEDED, State, condition, stamp, touch
from pymacaron_testing.emulators.cloudrun.wire import Refusal, operation_body, read, write

__all__ = ["JobOperations", "PoolOperations"]

Query = dict[str, str]
Body = dict[str, Any]


class PoolOperations:
    """The operations on worker pools: each change of the template replaces all instances."""

    def __init__(self, state: State, life: Life) -> None:
        self._state, self._life = state, life

    def create(self, parent: str, query: Query, body: Body) -> Body:
        """Create a worker pool."""
        short = query.get("workerPoolId", "")
        check_name(short)
        if f"{parent}/workerPools/{short}" in self._state.resources:
            raise Refusal(409, f"Resource '{short}' already exists.", "ALREADY_EXISTS")
        pool = read(run_v2.WorkerPool, body)
        pool.name, pool.uid, pool.create_time = f"{parent}/workerPools/{short}", str(uuid.uuid4()), stamp()
        return self._apply(pool, query)

    def update(self, name: str, query: Query, body: Body) -> Body:
        """Change a worker pool."""
        wanted = read(run_v2.WorkerPool, body)
        current = self._state.find(name)
        check_etag(current, wanted.etag)
        return self._apply(masked(current, wanted, query.get("updateMask", "")), query)

    def get(self, name: str, query: Query, body: Body) -> Body:
        """Show a worker pool."""
        return write(self._state.find(name))

    def list(self, parent: str, query: Query, body: Body) -> Body:
        """Show all worker pools."""
        return {"workerPools": [write(one) for one in self._state.below(parent, "workerPools")]}

    def delete(self, name: str, query: Query, body: Body) -> Body:
        """Delete a worker pool."""
        pool = self._state.find(name)
        check_etag(pool, query.get("etag", ""))
        del self._state.resources[name]
        self._life.later(self._life.stop, name)
        return operation_body(self._state.parent, pool, done=True)

    def _apply(self, pool: Any, query: Query) -> Body:
        check_containers(self._state, pool.template)
        if query.get("validateOnly") == "true":
            return operation_body(self._state.parent, pool, done=True)
        touch(pool)
        pool.terminal_condition = condition("Ready", PENDING)
        self._state.resources[pool.name] = pool
        self._life.later(self._reconcile, pool.name)
        return operation_body(self._state.parent, pool)

    def _reconcile(self, name: str) -> None:
        pool = self._state.resources.get(name)
        if pool is None:
            return
        old = self._state.running.pop(name, [])
        wanted = run_v2.Revision(name=name, containers=list(pool.template.containers))
        failure = self._life.start(wanted, pool.scaling.manual_instance_count)
        self._life.retire(name, old)
        pool.observed_generation = pool.observed_generation if failure else pool.generation
        pool.reconciling = False
        pool.terminal_condition = condition("Ready", FAILED if failure else SUCCEEDED, failure)


class JobOperations:
    """The operations on jobs and executions: one task, run once."""

    def __init__(self, state: State, life: Life) -> None:
        self._state, self._life = state, life

    def create(self, parent: str, query: Query, body: Body) -> Body:
        """Create a job."""
        short = query.get("jobId", "")
        check_name(short)
        if f"{parent}/jobs/{short}" in self._state.resources:
            raise Refusal(409, f"Resource '{short}' already exists.", "ALREADY_EXISTS")
        job = read(run_v2.Job, body)
        job.name, job.uid, job.create_time = f"{parent}/jobs/{short}", str(uuid.uuid4()), stamp()
        return self._apply(job, query)

    def update(self, name: str, query: Query, body: Body) -> Body:
        """Replace a job."""
        wanted, current = read(run_v2.Job, body), self._state.find(name)
        check_etag(current, wanted.etag)
        wanted.name, wanted.generation, wanted.create_time = name, current.generation, current.create_time
        return self._apply(wanted, query)

    def get(self, name: str, query: Query, body: Body) -> Body:
        """Show a job."""
        return write(self._state.find(name))

    def delete(self, name: str, query: Query, body: Body) -> Body:
        """Delete a job and its executions; what runs is stopped."""
        job = self._state.find(name)
        check_etag(job, query.get("etag", ""))
        del self._state.resources[name]
        for execution in list(self._state.below(name, "executions")):
            del self._state.resources[execution.name]
            self._life.later(self._life.stop, execution.name)
        return operation_body(self._state.parent, job, done=True)

    def run(self, name: str, query: Query, body: Body) -> Body:
        """Start an execution of a job."""
        job = self._state.find(name)
        short = name.rpartition("/")[2]
        execution = run_v2.Execution(
            name=f"{name}/executions/{short}-{uuid.uuid4().hex[:5]}",
            job=name,
            create_time=stamp(),
            task_count=1,
            running_count=1,
            template=job.template.template,
            reconciling=True,
            conditions=[condition("Completed", PENDING)],
        )
        self._state.resources[execution.name] = execution
        self._life.later(self._execute, execution)
        return operation_body(self._state.parent, execution)

    def get_execution(self, name: str, query: Query, body: Body) -> Body:
        """Show an execution."""
        return write(self._state.find(name, "Execution"))

    def list_executions(self, parent: str, query: Query, body: Body) -> Body:
        """Show the executions of a job."""
        return {"executions": [write(one) for one in self._state.below(parent, "executions")]}

    def _apply(self, job: Any, query: Query) -> Body:
        check_containers(self._state, job.template.template)
        if query.get("validateOnly") == "true":
            return operation_body(self._state.parent, job, done=True)
        touch(job)
        job.reconciling, job.observed_generation = False, job.generation
        job.terminal_condition = condition("Ready", SUCCEEDED)
        self._state.resources[job.name] = job
        return operation_body(self._state.parent, job, done=True)

    def _execute(self, execution: Any) -> None:
        try:
            running = self._life.run(execution.template.containers[0])
            self._state.running[execution.name] = [running]
            code, message = running.wait(), ""
        except LaunchError as error:
            code, message = 1, str(error)
        execution.reconciling, execution.running_count, execution.completion_time = False, 0, stamp()
        if code:
            execution.failed_count = 1
            text = f"Task failed with exit code {code}. {message}".strip()
            execution.conditions = [condition("Completed", FAILED, text)]
        else:
            execution.succeeded_count = 1
            execution.conditions = [condition("Completed", SUCCEEDED)]
