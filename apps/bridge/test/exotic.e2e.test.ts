import { fileURLToPath } from "node:url";
import { isJsonObject, type JsonObject, parseJson } from "@trestle/protocol";
import { compileCache } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningBridge, startBridge, stdioBridge } from "./_bridge.ts";
import { comparable, ownItems, sortedItems } from "./_equality.ts";
import { connectRaw, type RawClient } from "./_raw-client.ts";
import { lists, results } from "./fixtures/exotic-answers.ts";

const EXOTIC = fileURLToPath(new URL("./fixtures/exotic.ts", import.meta.url));
const exotic = (era: string): object => ({
  command: process.execPath,
  args: [EXOTIC, `--era=${era}`],
  env: compileCache(),
});
const config = { mcpServers: { past: exotic("legacy"), present: exotic("modern") } };
const toolResults = Object.entries(results)
  .filter(([key]) => key.startsWith("tools/call "))
  .map(([key, text]) => [key.slice("tools/call ".length), text] as const);

let http: RunningBridge;
beforeAll(async () => {
  http = await startBridge({ config });
});
afterAll(() => http?.stop());

const ways = (["legacy", "modern"] as const).flatMap((era) =>
  (["http", "stdio"] as const).flatMap((transport) =>
    (["past", "present"] as const).map((server) => ({ era, transport, server })),
  ),
);

describe.each(ways)(
  "a $era client over $transport and the exotic server of the $server",
  ({ era, transport, server }) => {
    let client: RawClient;
    let stdio: ReturnType<typeof stdioBridge> | undefined;
    beforeAll(async () => {
      stdio = transport === "stdio" ? stdioBridge({ config }) : undefined;
      client = await connectRaw(era, stdio ?? { url: http.url });
      await client.request("tools/list");
    });
    afterAll(async () => {
      await client?.close();
      stdio?.remove();
    });
    const call = (name: string, args: JsonObject = {}): Promise<string> =>
      client.request("tools/call", { name: `${server}__${name}`, arguments: args });

    test.each(toolResults)("the result of %s arrives as it was sent", async (name, text) => {
      const line = await call(name);
      expect(comparable(resultOf(line), server)).toBe(comparable(expected(text, era), server));
      // What no parser may have touched: the text itself.
      for (const part of text.match(/"structuredContent":\{.*?\}(?=,"content"|\}$)/g) ?? [])
        expect(line).toContain(part);
    });

    test("lists keep unknown fields and every digit", async () => {
      const pages = [
        ["tools/list", "tools", lists.tools([])],
        ["resources/list", "resources", lists.resources],
        ["resources/templates/list", "resourceTemplates", lists.templates],
        ["prompts/list", "prompts", lists.prompts],
      ] as const;
      for (const [method, key, text] of pages) {
        const { result } = parseJson(await client.request(method)) as { result: JsonObject };
        const own = (parseJson(text) as JsonObject)[key] as JsonObject[];
        expect(ownItems(result, key, server)).toBe(sortedItems(own, key, server));
      }
    });

    test("resources, prompts and completions arrive as they were sent", async () => {
      const prefix = `${server}+note://a`;
      const read = await client.request("resources/read", { uri: prefix });
      expect(comparable(resultOf(read), server)).toBe(
        comparable(parse("resources/read note://a"), server),
      );
      const page = await client.request("resources/read", { uri: `ui://${server}/page` });
      expect(page).toContain(`"uri":"ui://${server}/page"`);
      const prompt = await client.request("prompts/get", {
        name: `${server}__greet`,
        arguments: { who: "x" },
      });
      expect(comparable(resultOf(prompt), server)).toBe(
        comparable(parse("prompts/get greet"), server),
      );
      const complete = await client.request("completion/complete", {
        ref: { type: "ref/prompt", name: `${server}__greet` },
        argument: { name: "who", value: "" },
      });
      expect(comparable(resultOf(complete), server)).toBe(
        comparable(parse("completion/complete"), server),
      );
    });

    test("arguments and _meta reach the server digit by digit", async () => {
      const args = parseJson(
        '{"z":9007199254740993,"a":{"__proto__":{"x":1e400}},"s":"größe","l":[0.10]}',
      ) as JsonObject;
      const line = await client.request("tools/call", {
        name: `${server}__received`,
        arguments: args,
        _meta: { "com.example/trace": { z: 1, a: 2 } },
      });
      const received = String(resultOf(line).received);
      expect(received).toContain('"name":"received"');
      expect(received).toContain(`"arguments":${JSON.stringify(args)}`);
      expect(received).toContain('"com.example/trace":{"z":1,"a":2}');
    });

    test("an error of the server keeps its code, words and data", async () => {
      const whole = await call("refuse");
      const refused = whole.replace(/,"trestle\/call":\{"execution_id":"[\w-]{36}"\}/, "");
      expect(refused).not.toBe(whole);
      expect(refused).toContain(
        '"error":{"code":-32050,"message":"Out of order","data":{"z":9007199254740993,"a":{"x":1e400}}}',
      );
      const unknown = await client.request("prompts/get", { name: `${server}__missing` });
      expect((parseJson(unknown) as JsonObject).error).toMatchObject({ code: -32_602 });
    });

    test("progress arrives with its unknown fields, and a cancellation reaches the server", async () => {
      const before = Number(resultOf(await call("cancelled")).cancelled);
      const token = `t-${era}-${transport}`;
      const id = 77;
      let answer = "";
      client
        .request(
          "tools/call",
          { name: `${server}__slow`, arguments: {}, _meta: { progressToken: token } },
          id,
        )
        .then(
          (line) => {
            answer = line;
          },
          () => {},
        );
      const progress = await client.heard(token);
      expect(progress).toContain(
        '"progress":1.5,"total":3,"message":"half","x-extra":{"n":9007199254740993}',
      );
      await client.cancel(id);
      await expect
        .poll(async () => Number(resultOf(await call("cancelled")).cancelled))
        .toBe(before + 1);
      // Nobody waits for the answer of a cancelled call, and none may be sent.
      expect(answer).toBe("");
    });

    test("an update of a subscribed resource is heard under its exposed address", async () => {
      const uri = `${server}+note://a`;
      await client.listen({ resourceSubscriptions: [uri], toolsListChanged: true });
      await call("touch");
      expect(await client.heard("notifications/resources/updated")).toContain(`"uri":"${uri}"`);
    });

    test("a tool that appears is announced and listed", async () => {
      const before = client.notifications.length;
      await call("grow");
      await client.heard("notifications/tools/list_changed", before);
      expect(await client.request("tools/list")).toContain(`"${server}__grown_0"`);
    });
  },
);

function resultOf(line: string): JsonObject {
  const message = parseJson(line);
  if (isJsonObject(message) && isJsonObject(message.result)) return message.result;
  throw new Error(`No result: ${line}`);
}

function parse(key: string): JsonObject {
  return parseJson(results[key] as string) as JsonObject;
}

/** The handshake era carries no structured content but objects: the rest is wrapped, as the SDK does. */
function expected(text: string, era: "legacy" | "modern"): JsonObject {
  const result = parseJson(text) as JsonObject;
  const { structuredContent, content } = result;
  if (era === "modern" || structuredContent === undefined || isJsonObject(structuredContent))
    return result;
  const blocks = content as JsonObject[];
  const texts = blocks.some(({ type }) => type === "text")
    ? blocks
    : [...blocks, { type: "text", text: JSON.stringify(structuredContent) }];
  return { ...result, content: texts, structuredContent: { result: structuredContent } };
}
