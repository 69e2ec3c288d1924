import { type RequestContext, RPC, TASKS_EXTENSION } from "@trestle/protocol";
import { expect, onTestFinished, test, vi } from "vitest";
import { defineServer } from "../define/server.ts";
import { defineRawTool } from "../define/tool.ts";
import type { TaskReport } from "../tasks/report.ts";
import { createTestHost, requestContext } from "./_test-host.ts";

const hints = { readOnly: false, destructive: false, idempotent: true, openWorld: false };
const inputSchema = { type: "object" };
const done = { content: [{ type: "text", text: "done" }] };

function modern(...extensions: string[]): RequestContext {
  const declared = Object.fromEntries(extensions.map((name) => [name, {}]));
  const capabilities = { extensions: declared };
  const client = { era: "modern", protocolVersion: "2026-07-28", capabilities } as const;
  return { ...requestContext(), client };
}

const takesTasks = modern(TASKS_EXTENSION);

/** One tool that stores its work under a name of its own, and one that runs only as a task. */
function mountWorks() {
  const stored = new Map<string, TaskReport>();
  const definition = defineServer({
    ...{ name: "works", title: "Works", version: "1.0.0", description: "Works" },
    tools: [
      defineRawTool({
        ...{ name: "do_work", hints, inputSchema, task: "optional", namesTasks: true },
        async run(_args, { task }) {
          task?.begin("work-1");
          return done;
        },
      }),
      defineRawTool({ name: "toil", hints, inputSchema, task: "required", run: () => done }),
    ],
    tasks: {
      find: async (_state, id) => stored.get(id),
      async cancel(_state, id) {
        const report = stored.get(id);
        if (report) stored.set(id, { ...report, status: "cancelled" });
      },
    },
  });
  const instance = definition.mount(createTestHost(), {});
  onTestFinished(() => instance.close());
  return { instance, stored };
}

test("whoever takes tasks gets one, anybody else the result", async () => {
  const { instance } = mountWorks();
  expect(instance.capabilities.extensions).toEqual({ [TASKS_EXTENSION]: {} });
  const call = { name: "do_work", arguments: {} };
  expect(await instance.request("tools/call", call, modern())).toEqual(done);
  expect(await instance.request("tools/call", call, requestContext())).toEqual(done);
  const task = await instance.request("tools/call", call, takesTasks);
  expect(task).toMatchObject({ resultType: "task", taskId: "work-1" });
  await vi.waitFor(async () => {
    const asked = await instance.request("tasks/get", { taskId: "work-1" }, takesTasks);
    expect(asked).toMatchObject({ resultType: "complete", status: "completed", result: done });
  });
});

test("what is a task only is refused to who takes none, and so is asking for tasks", async () => {
  const { instance } = mountWorks();
  const toil = instance.request("tools/call", { name: "toil", arguments: {} }, modern());
  await expect(toil).rejects.toMatchObject({
    code: RPC.missingClientCapability,
    data: { requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } } },
  });
  for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
    const params = { taskId: "x", inputResponses: {} };
    await expect(instance.request(method, params, modern())).rejects.toMatchObject({
      code: RPC.missingClientCapability,
    });
    await expect(instance.request(method, params, takesTasks)).rejects.toMatchObject({
      code: RPC.invalidParams,
      message: expect.stringContaining('no task "x"'),
    });
  }
});

test("a task of an earlier process is found and cancelled where its server stored it", async () => {
  const { instance, stored } = mountWorks();
  stored.set("old", { taskId: "old", status: "working", createdAt: 0, updatedAt: 1_000 });
  expect(await instance.request("tasks/get", { taskId: "old" }, takesTasks)).toMatchObject({
    ...{ status: "working", createdAt: "1970-01-01T00:00:00.000Z", ttlMs: null },
  });
  const ack = await instance.request("tasks/cancel", { taskId: "old" }, takesTasks);
  expect(ack).toEqual({ resultType: "complete" });
  expect(stored.get("old")?.status).toBe("cancelled");
});
