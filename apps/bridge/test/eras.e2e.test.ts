import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Era, JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { end, printed, type RunningBridge, startBridge, stdioBridge } from "./_bridge.ts";
import type { Reach } from "./_clients.ts";
import { type ClientAnswers, connectEra, type EraClient } from "./_era-clients.ts";
import { until } from "./_processes.ts";

const UPSTREAMS = "../../../packages/upstream/test/fixtures";
const fixture = (file: string, ...flags: string[]): object => ({
  command: process.execPath,
  args: [fileURLToPath(new URL(`${UPSTREAMS}/${file}`, import.meta.url)), ...flags],
});
const config = {
  mcpServers: {
    past: fixture("v1-stdio.ts"),
    present: fixture("v2-stdio.ts", "--modern-only"),
  },
};
const faraway = fileURLToPath(new URL(`${UPSTREAMS}/v1-http.ts`, import.meta.url));

const answers: ClientAnswers = {
  "elicitation/create": ({ message }) => ({
    action: "accept",
    content: { yes: message !== "Second?" },
  }),
  "sampling/createMessage": () => ({
    role: "assistant",
    model: "none",
    content: { type: "text", text: "Paris" },
  }),
};

const eras: readonly Era[] = ["legacy", "modern"];
let http: RunningBridge;
let remote: ChildProcessWithoutNullStreams;
beforeAll(async () => {
  remote = spawn(process.execPath, [faraway]);
  const url = /http\S+/.exec(await printed(remote, /http\S+\n/))?.[0];
  http = await startBridge({ config: { mcpServers: { ...config.mcpServers, remote: { url } } } });
});
afterAll(async () => {
  await http?.stop();
  await end(remote);
});

describe.each(["http", "stdio"] as const)("over %s", (transport) => {
  describe.each(eras)("a client of the %s era", (era) => {
    let client: EraClient;
    let stdio: ReturnType<typeof stdioBridge> | undefined;
    beforeAll(async () => {
      stdio = transport === "stdio" ? stdioBridge({ config }) : undefined;
      const reach: Reach = stdio ?? { url: http.url };
      client = await connectEra({ era, reach, answers });
    });
    afterAll(async () => {
      await client?.close();
      stdio?.remove();
    });

    // Each of the two eras, and the past over HTTP, where a question tells to which call it belongs.
    const servers = transport === "http" ? ["past", "present", "remote"] : ["past", "present"];
    describe.each(servers)("and the server %s", (server) => {
      const call = (name: string, ...rest: [JsonObject?, object?]) =>
        client.call(`${server}__${name}`, ...rest);

      test("tools are listed and answer, with structured content", async () => {
        expect(await client.names()).toEqual(expect.arrayContaining([`${server}__sum`]));
        const result = await call("sum", { a: 1, b: 2 });
        expect(result).toMatchObject({
          structuredContent: { sum: 3 },
          content: [{ type: "text", text: "3" }],
        });
      });

      test("progress arrives in order", async () => {
        const told: unknown[] = [];
        // Each step waits until the one before was heard of.
        const onprogress = ({ progress }: JsonObject): void => {
          told.push(progress);
          void call("proceed");
        };
        await call("paced", {}, { onprogress });
        expect(told).toEqual([1, 2, 3]);
      });

      test("a cancellation reaches the server", async () => {
        const before = Number(textOf(await call("cancelled")));
        const control = new AbortController();
        const onprogress = () => control.abort();
        const waiting = call("wait", {}, { signal: control.signal, onprogress });
        await expect(waiting).rejects.toThrow();
        await until("the server was told", async () => {
          return Number(textOf(await call("cancelled"))) === before + 1;
        });
      });

      test("a form is put to the user, and the answer reaches the call that asked", async () => {
        expect(JSON.parse(textOf(await call("ask")))).toMatchObject({
          action: "accept",
          content: { yes: true },
        });
        const twice = await call("ask_twice");
        expect(JSON.parse(textOf(twice))).toEqual([{ yes: true }, { yes: false }]);
      });

      test("the client's model is asked", async () => {
        expect(textOf(await call("sample"))).toContain("Paris");
      });

      test("log messages arrive from the level that was asked for", async () => {
        await client.logFrom("warning");
        await call("log");
        await until("it is heard", () => client.heard.includes("notifications/message warning"));
        await client.logFrom("debug");
        await call("log");
        await until("it is heard", () => client.heard.includes("notifications/message debug"));
        const logged = client.heard.filter((what) => what.startsWith("notifications/message"));
        expect(logged[0]).toBe("notifications/message warning");
      });

      test("a new tool and a changed resource are heard of", async () => {
        const uri = `${server}+test://note`;
        await client.watch(uri);
        await call("touch");
        await until("the update is heard", () =>
          client.heard.includes(`notifications/resources/updated ${uri}`),
        );
        const before = await client.names();
        await call("add_tool");
        await until("the new tool is listed", async () => {
          const heard = client.heard.includes("notifications/tools/list_changed");
          return heard && (await client.names()).length > before.length;
        });
        client.heard.length = 0;
      });

      test("failures keep their codes and words", async () => {
        expect(await call("fail")).toMatchObject({
          isError: true,
          content: [{ text: "No luck" }],
        });
        await expect(call("none")).rejects.toMatchObject({ code: -32_602 });
        const uri = `${server}+test://note`;
        await expect(client.read(uri)).rejects.toMatchObject({
          code: -32_602,
          message: expect.stringContaining("No such note"),
        });
      });
    });
  });
});

function textOf(result: JsonObject): string {
  const [block] = result.content as JsonObject[];
  return String(block?.text);
}
