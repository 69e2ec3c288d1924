import { table } from "@trestle/cli";
import { EXIT, type JsonValue, TrestleError } from "@trestle/protocol";
import { RUN_STATUSES, type RunStatus } from "../runs/run-store.ts";
import type { Execution } from "../workflows/execution.ts";
import {
  type JsonOption,
  type OrchestratorCli,
  type Place,
  printJson,
  readObject,
  readValue,
} from "./place.ts";
import { pause } from "./screen.ts";
import { treeOf } from "./tree.ts";
import { watchExecution } from "./watching.ts";

interface RunOptions extends JsonOption {
  readonly input?: string;
  readonly context?: string;
  readonly key?: string;
  readonly watch?: boolean;
  readonly detach?: boolean;
}

interface ListOptions extends JsonOption {
  readonly workflow?: string;
  readonly status?: RunStatus;
  readonly limit: string;
}

/** The commands that run workflows, and steer and watch what runs. */
export function addExecutions({ program, runs }: OrchestratorCli): void {
  program
    .command("run")
    .description("execute a workflow or a template, and wait for its end")
    .argument("<workflow>")
    .option("--input <json>", "its input: JSON, @file, or - for stdin")
    .option("--context <json>", "what steps see as metadata")
    .option("--key <text>", "the same key gives the same execution")
    .option("--watch", "show its steps as they go")
    .option("--detach", "print the id and do not wait")
    .option("--json", "print the execution as JSON")
    .action(runs(run));
  program
    .command("watch")
    .description("show an execution live: a tree on a terminal, else a line for each change")
    .argument("<execution>")
    .option("--json", "a line of JSON for each change")
    .action(runs(watchExecution));
  addSteering({ program, runs });
}

function addSteering({ program, runs }: OrchestratorCli): void {
  const executions = program.command("executions").description("list and steer executions");
  executions
    .command("list")
    .description("list executions, the newest first")
    .option("--workflow <id>", "of this workflow only")
    .option("--status <status>", `one of ${RUN_STATUSES.join(", ")}`, statusOf)
    .option("--limit <number>", "so many at most", "20")
    .option("--json", "print the answer as JSON")
    .action(runs(list));
  const one = (name: string, description: string) =>
    executions
      .command(name)
      .description(description)
      .argument("<execution>")
      .option("--json", "print the execution as JSON");
  one("show", "tell how far an execution is").action(
    runs(told(({ workflows, caller }, id) => workflows.execution(id, caller))),
  );
  one("cancel", "start nothing more of it").action(
    runs(told(({ workflows, caller }, id) => workflows.cancel(id, caller))),
  );
  one("pause", "start nothing more of it until resume").action(
    runs(told(({ workflows, caller }, id) => workflows.pause(id, caller))),
  );
  one("resume", "go on with one that is paused or has failed").action(
    runs(told(({ workflows, caller }, id) => workflows.resume(id, caller))),
  );
  one("retry", "run a failed step again")
    .argument("<step>")
    .action(
      runs(told(({ workflows, caller }, id, step = "") => workflows.retry(id, step, caller))),
    );
  for (const [name, approved, description] of [
    ["approve", true, "say yes to a step that asks"],
    ["refuse", false, "say no to a step that asks"],
  ] as const)
    one(name, description)
      .argument("<step>")
      .argument("[comment]")
      .action(
        runs(
          told(({ workflows, caller }, id, step = "", comment) =>
            workflows.decide(
              ...([id, step, { approved, ...(comment ? { comment } : {}) }, caller] as const),
            ),
          ),
        ),
      );
  one("signal", "tell an execution what one of its steps waits for")
    .argument("<name>")
    .argument("[payload]", "JSON, or a text")
    .action(
      runs(
        told(({ workflows, caller }, id, name = "", payload) =>
          workflows.signal(id, { name, payload: readValue(payload) as JsonValue }, caller),
        ),
      ),
    );
}

async function run(place: Place, id: string, options: RunOptions): Promise<number> {
  const { workflows, caller, terminal, clock, signal } = place;
  const { json = false, key } = options;
  const begun = await workflows.execute(
    {
      id,
      input: await readObject(place, options.input, "--input"),
      context: await readObject(place, options.context, "--context"),
      ...(key === undefined ? {} : { idempotencyKey: key }),
    },
    caller,
  );
  const { executionId } = begun;
  if (options.detach) {
    if (json) printJson(place, begun);
    else terminal.print(executionId);
    return EXIT.ok;
  }
  if (options.watch) return watchExecution(place, executionId, { json });
  let seen = begun;
  while (seen.endedAt === undefined && seen.status !== "waiting" && !signal.aborted) {
    await pause(clock, 100, signal);
    seen = await workflows.execution(executionId, caller);
  }
  show(place, seen, json);
  return seen.status === "succeeded" || seen.endedAt === undefined ? EXIT.ok : EXIT.failed;
}

async function list(place: Place, options: ListOptions): Promise<number> {
  const { workflow, status, json } = options;
  const limit = Number(options.limit);
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 200)
    throw new TrestleError("invalid_input", "--limit must be a whole number from 1 to 200.");
  const found = await place.workflows.executions(
    {
      limit,
      ...(workflow === undefined ? {} : { workflow }),
      ...(status === undefined ? {} : { statuses: [status] }),
    },
    place.caller,
  );
  if (json) printJson(place, found);
  else
    place.terminal.print(
      table(
        ["execution", "workflow", "version", "status", "started"],
        found.map(({ id, workflow: of, version, status: is, createdAt }) => [
          ...[id, of, version, is, new Date(createdAt).toISOString()],
        ]),
        place.terminal,
      ),
    );
  return EXIT.ok;
}

type Deed = (place: Place, id: string, ...words: (string | undefined)[]) => Promise<Execution>;

/** A command about one execution: does it, and shows what it is like then. */
function told(deed: Deed) {
  return async (place: Place, id: string, ...rest: unknown[]): Promise<number> => {
    const words = rest.filter((each) => typeof each === "string");
    const options = rest.find(
      (each): each is JsonOption => typeof each === "object" && each !== null,
    );
    show(place, await deed(place, id, ...words), options?.json ?? false);
    return EXIT.ok;
  };
}

function show(place: Place, execution: Execution, json: boolean): void {
  if (json) {
    printJson(place, execution);
    return;
  }
  place.terminal.print(treeOf(execution, place.clock.now(), 200).join("\n"));
  const { output, status } = execution;
  if (status === "succeeded" && output !== undefined) printJson(place, output);
}

function statusOf(text: string): RunStatus {
  const found = RUN_STATUSES.find((each) => each === text);
  if (found !== undefined) return found;
  const known = RUN_STATUSES.join(", ");
  throw new TrestleError("invalid_input", `--status must be one of ${known}, not "${text}".`);
}
