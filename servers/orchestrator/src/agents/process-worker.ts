import type { Clock, Logger } from "@trestle/protocol";
import type { ProcessRegistry } from "@trestle/upstream";
import type { Environment } from "@trestle/upstream/processes";
import { type AgentsConfig, find, type ProcessProfileConfig } from "./agents-config.ts";
import { passed, refusalOf, runCheck } from "./checks.ts";
import {
  type ProcessProfile,
  type ProcessTaskParts,
  runProcessTask,
  type WorkOrder,
} from "./process/process-task.ts";
import type { Workshop } from "./process/workshop.ts";
import type { TaskEnd } from "./task-end.ts";
import type { Assignment, Worker } from "./worker.ts";

export interface ProcessWorkerParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly environment: Environment;
  readonly registry: Pick<ProcessRegistry, "spawn" | "release">;
  readonly workshopOf: (repository: string) => Promise<Workshop>;
}

const MEGABYTE = 1024 * 1024;

/** An agent that is a program, started for each task. */
export function createProcessWorker(
  profile: string,
  config: ProcessProfileConfig,
  all: AgentsConfig,
  parts: ProcessWorkerParts,
): Worker {
  const { repository } = config;
  return {
    kind: "process",
    profile,
    capabilities: config.capabilities,
    async doTask(assignment): Promise<TaskEnd> {
      const order = toOrder(assignment);
      const program = toProgram(config, parts.environment);
      const taskParts: ProcessTaskParts = { ...parts, ...assignment };
      if (repository === undefined) {
        const end = await runProcessTask(order, program, undefined, taskParts);
        if (end.kind === "failed") return { ...end, retry: true };
        return { kind: "done", result: { text: end.text }, spent: end.spent };
      }
      const workshop = await parts.workshopOf(repository);
      const checks = [all.repositories[repository]?.check, assignment.task.check?.command];
      return workshop.doTask(order, program, {
        ...taskParts,
        check: (folder, signal) => runChecks(checks, { all, folder, signal }, assignment, parts),
      });
    },
    async settled(assignment) {
      if (repository === undefined) return;
      await (await parts.workshopOf(repository)).forget(toOrder(assignment));
    },
  };
}

async function runChecks(
  names: readonly (string | undefined)[],
  at: { readonly all: AgentsConfig; readonly folder: string; readonly signal: AbortSignal },
  { task }: Assignment,
  parts: ProcessWorkerParts,
): Promise<string | undefined> {
  const input = JSON.stringify({ task: { id: task.id, title: task.title } });
  for (const name of new Set(names)) {
    if (name === undefined) continue;
    const config = find(at.all.checks, name, "check");
    const { folder } = at;
    const refusal = refusalOf(await runCheck(config, { folder, input }, parts, at.signal));
    if (refusal !== undefined) return `${name}: ${refusal}`;
  }
  return undefined;
}

function toOrder({ swarm, task, fence, prompt, agent }: Assignment): WorkOrder {
  return { swarm, task: task.id, fence, title: task.title, prompt, agent };
}

function toProgram(config: ProcessProfileConfig, environment: Environment): ProcessProfile {
  const { command, env, passEnv, timeoutMs, output, maxOutputMb, maxMemoryMb } = config;
  return {
    command,
    env: { ...passed(environment, passEnv), ...env },
    timeoutMs,
    output,
    maxOutputBytes: maxOutputMb * MEGABYTE,
    maxMemoryBytes: maxMemoryMb * MEGABYTE,
  };
}
