import { silentLogger, systemClock } from "@trestle/protocol";
import { type AnswerQuestion, connectAskedClient } from "@trestle/testkit";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import {
  confirmArgument,
  confirmDeed,
  createStandaloneHost,
  defineServer,
  defineTool,
  type JsonObject,
  serveHttp,
} from "@trestle-mcp/server-kit";
import { describe, expect, onTestFinished, test } from "vitest";
import * as z from "zod";

describe.for(["auto", "legacy"] as const)("with a client in mode %s", (mode) => {
  test("the user is asked, and agrees", async () => {
    const { drop, dropped, client } = await connect(mode, () => yes);
    expect(await drop({ table: "public.guest" })).toMatchObject({
      structuredContent: { dropped: "public.guest" },
    });
    expect(client.questions).toMatchObject([
      {
        message: "Drop public.guest with its 3 rows. This can not be undone.",
        requestedSchema: { required: ["agree"] },
      },
    ]);
    expect(dropped).toEqual(["public.guest"]);
  });

  test.for<[string, AnswerQuestion, RegExp]>([
    ["declines", () => ({ action: "decline" }), /said no, and nothing was done/],
    ["accepts with the box left empty", () => no, /said no/],
    ["closes the question", () => ({ action: "cancel" }), /gave no answer/],
  ])("nothing is done where the user %s", async ([, answer, message]) => {
    const { drop, dropped } = await connect(mode, answer);
    const outcome = await drop({ table: "public.guest", confirm: "public.guest" });
    expect(outcome.isError).toBe(true);
    expect(textOf(outcome)).toMatch(message);
    expect(dropped).toEqual([]);
  });

  test("a client that can not ask has to name the object", async () => {
    const { drop, dropped } = await connect(mode);
    const refused = await drop({ table: "public.guest" });
    expect(refused).toMatchObject({ isError: true });
    expect(textOf(refused)).toMatch(/can not ask its user.*confirm: "public\.guest"\.$/);
    const wrong = await drop({ table: "public.guest", confirm: "guest" });
    expect(textOf(wrong)).toMatch(/confirm: "public\.guest", not "guest"\.$/);
    expect(dropped).toEqual([]);
    expect(await drop({ table: "public.guest", confirm: "public.guest" })).not.toHaveProperty(
      "isError",
    );
    expect(dropped).toEqual(["public.guest"]);
  });
});

test("an answer to what was never asked is asked again", () => {
  const client = {
    era: "modern",
    protocolVersion: "2026-07-28",
    capabilities: { elicitation: {} },
  };
  const deed = { object: "a", action: "Drop a." };
  const unasked = { client, inputResponses: { consent: yes } } as const;
  expect(confirmDeed(unasked as never, deed, "a")).toMatchObject({ state: '["Drop a.","a"]' });
  const another = { ...unasked, requestState: '["Drop b.","b"]' };
  expect(confirmDeed(another as never, deed, "a")).toBeDefined();
  const asked = { ...unasked, requestState: '["Drop a.","a"]' };
  expect(confirmDeed(asked as never, deed, "a")).toBeUndefined();
});

const yes = { action: "accept", content: { agree: true } };
const no = { action: "accept", content: { agree: false } };

function textOf(result: JsonObject): string {
  return (result.content as { text: string }[])[0]?.text ?? "";
}

/** A server with one tool that pretends to drop a table, and somebody at a client of it. */
async function connect(mode: "auto" | "legacy", answer?: AnswerQuestion) {
  const dropped: string[] = [];
  const dropTable = defineTool({
    name: "drop_table",
    title: "Drop a table",
    description: "Drops a table",
    input: z.object({ table: z.string(), confirm: confirmArgument }),
    output: z.object({ dropped: z.string() }),
    hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
    run({ table, confirm }, context) {
      const deed = { object: table, action: `Drop ${table} with its 3 rows.` };
      const question = confirmDeed(context, deed, confirm);
      if (question) return question;
      dropped.push(table);
      return { dropped: table };
    },
  });
  const definition = defineServer({
    name: "sample",
    title: "Sample",
    version: "1.0.0",
    description: "Drops tables",
    tools: [dropTable],
  });
  const host = createStandaloneHost({
    dataDir: temporaryFolder(),
    clock: systemClock,
    log: silentLogger,
  });
  const instance = definition.mount(host, {});
  const serving = await serveHttp(instance, { port: 0, log: silentLogger });
  const client = await connectAskedClient(serving.url, mode, answer);
  onTestFinished(async () => {
    await client.close();
    await serving.close();
    await instance.close();
  });
  return { client, dropped, drop: (args: JsonObject) => client.callTool("drop_table", args) };
}
