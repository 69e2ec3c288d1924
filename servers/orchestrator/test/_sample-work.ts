import type { JsonObject } from "@trestle/protocol";

/** Executions that wait for people or are paused, and a swarm. */
export interface SampleWork {
  readonly waiting: string[];
  readonly paused: string[];
  readonly swarm: string;
}

type Call = (
  name: string,
  args: JsonObject,
) => Promise<{ readonly executionId: string; readonly swarm: string }>;

/**
 * Makes what one call of each listed tool needs. Steps are such that people end, so that no other server is needed;
 * what is decided, cancelled or resumed is over after that, and every round of calls has its own. It names nothing
 * outside itself: its text also runs beside the installed package.
 */
export async function prepareWork(call: Call): Promise<SampleWork> {
  const rounds = 60;
  const ask = (id: string) => ({ id, type: "approval", message: "Go on?" });
  const steps = [ask("first"), { ...ask("second"), dependsOn: ["first"] }];
  await call("register_workflow", { definition: { id: "ask", steps } });
  const begin = async () =>
    (await call("execute_workflow", { workflow: "ask", wait_seconds: 0 })).executionId;
  const waiting: string[] = [];
  const paused: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    waiting.push(await begin(), await begin());
    const executionId = await begin();
    await call("pause_execution", { executionId });
    paused.push(executionId);
  }
  const { swarm } = await call("create_swarm", { name: "doors", maxAgents: 500 });
  return { waiting, paused, swarm };
}

/** One call of each listed tool; each time of other executions. */
export function sampleCalls({ waiting, paused, swarm }: SampleWork): Record<string, JsonObject> {
  const [decided = "", cancelled = ""] = waiting.splice(0, 2);
  const steps = [{ id: "rest", type: "approval", message: "?" }];
  return {
    register_workflow: { definition: { id: "more", steps } },
    list_workflows: {},
    get_workflow: { id: "ask" },
    execute_workflow: { workflow: "ask", wait_seconds: 0 },
    get_execution: { executionId: decided },
    list_executions: { limit: 5 },
    approve_step: { executionId: decided, step: "first", approve: true },
    cancel_execution: { executionId: cancelled },
    resume_execution: { executionId: paused.pop() ?? "" },
    create_swarm: { name: "tills" },
    join_swarm: { swarm },
  };
}
