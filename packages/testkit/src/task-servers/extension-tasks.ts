/** A server with the extension `io.modelcontextprotocol/tasks`: over stdio, or over HTTP with `--port`. */
import { defineServer, defineTool, inputRequired, runServer } from "@trestle-mcp/server-kit";
import * as z from "zod";

const hints = { readOnly: true, destructive: false, idempotent: true, openWorld: false };
const input = z.object({ ms: z.number(), fail: z.boolean().optional() });
const output = z.object({ said: z.string() });

function slow(name: string, task: "required" | "optional") {
  return defineTool({
    ...{
      name,
      task,
      input,
      output,
      hints,
      title: "Slow",
      description: `Takes its time; as a task: ${task}.`,
    },
    async run({ ms, fail }, { signal, task: control }) {
      control?.begin();
      control?.tell("It is being done.");
      await pause(ms, signal);
      if (fail) throw new Error("it broke");
      return { said: "it is done" };
    },
  });
}

const asking = defineTool({
  ...{ name: "asking", task: "required" as const, input: z.object({}), output, hints },
  title: "Asking",
  description: "Asks in the middle of its task.",
  async run(_input, { inputResponses, task }) {
    task?.begin();
    const { who } = inputResponses;
    if (who === undefined) {
      const requestedSchema = { type: "object", properties: { name: { type: "string" } } };
      const params = { mode: "form", message: "Who?", requestedSchema };
      return inputRequired({
        requests: { who: { method: "elicitation/create", params } as never },
      });
    }
    return { said: JSON.stringify(who) };
  },
});

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

export const server = defineServer({
  name: "extension-tasks",
  title: "Tasks",
  version: "1.0.0",
  description: "Tools that go on as tasks.",
  tools: [slow("slow", "required"), slow("maybe", "optional"), asking],
});

if (import.meta.main) process.exitCode = await runServer(server, process);
