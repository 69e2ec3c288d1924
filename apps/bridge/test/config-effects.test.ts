import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serveStdio } from "./_peer.ts";
import { createPlace, run, serve, textOf } from "./_place.ts";
import { until } from "./_processes.ts";
import { entry, executionsOf, serversOf } from "./_upstreams.ts";

async function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body,
  });
  await answer.arrayBuffer();
  return answer.status;
}

test("names of the environment have their effect", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { one: entry(place, "one") } });
  const env = { ALLOWED_ORIGINS: "https://good.example", NODE_ENV: "production" };
  const { url } = await serve(place, [], env);
  expect(await statusOf(url, { origin: "https://bad.example" })).toBe(403);
  expect(await statusOf(url, { origin: "https://good.example" })).not.toBe(403);
  const [pid] = serversOf(place, "one");
  expect(readFileSync(`/proc/${pid}/environ`, "utf8")).toContain("NODE_ENV=production");
});

test.each([
  ["MCP_MAX_RETRIES", "many"],
  ["MCP_ENCRYPTION_KEY", "short"],
])("a bad %s stops the bridge by its name", async (name, value) => {
  const place = createPlace({ mcpServers: {} });
  const { code, stderr } = await run(place, ["serve", "--port", "0"], { [name]: value });
  expect(code).toBe(78);
  expect(stderr).toContain(name);
});

test("the key of the HTTP door may come from a command, which is asked once", async () => {
  const place = createPlace();
  const asked = join(place.root, "asked");
  writeFileSync(
    join(place.root, "keyring.mjs"),
    `import { appendFileSync } from "node:fs";
appendFileSync(${JSON.stringify(asked)}, "x");
console.log("0123456789abcdef");`,
  );
  const key = { command: [process.execPath, join(place.root, "keyring.mjs")] };
  place.configure({ http: { key }, mcpServers: {} });
  const { url, pid } = await serve(place);
  expect(await statusOf(url, {})).toBe(401);
  expect(await statusOf(url, { authorization: "Bearer 0123456789abcdef" })).not.toBe(401);
  // SIGHUP has it read again, and the command is not asked for that.
  place.configure({ http: { key }, mcpServers: { one: entry(place, "one") } });
  process.kill(pid, "SIGHUP");
  await until("one has started", () => serversOf(place, "one").length === 1);
  expect(textOf(asked)).toBe("x");
  expect(textOf(place.logFile)).not.toContain("0123456789abcdef");
});

test("the names that history.redact adds are not kept", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { one: entry(place, "one") }, history: { redact: ["shoe_size"] } });
  const { peer } = await serveStdio(place, "legacy");
  await peer.call("one__write", { key: "a", shoeSize: "forty-two" });
  await until("the row is there", () => executionsOf(place).length === 1);
  expect(executionsOf(place)[0]?.arguments).toContain('"shoeSize":"[redacted]"');
});
