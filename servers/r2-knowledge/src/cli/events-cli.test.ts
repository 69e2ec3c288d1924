import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { nodeEnvironment, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { startReceiver } from "../../test/_receiver.ts";
import { runCli } from "./main.ts";

const bin = fileURLToPath(new URL("../bin.ts", import.meta.url));

/** A program of its own. */
function start(home: string, words: readonly string[]) {
  const child = spawn(process.execPath, [bin, ...words], {
    cwd: home,
    env: { ...nodeEnvironment(), TRESTLE_HOME: home },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", error: "" };
  child.stdout.on("data", (chunk: Buffer) => (said.out += chunk));
  child.stderr.on("data", (chunk: Buffer) => (said.error += chunk));
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close").then(([code]) => ({ code, ...said }));
  return { said, ended, stop: () => child.kill("SIGINT") };
}

/** In this process: the same words, streams and exit code, without the start of a program. */
async function run(home: string, words: readonly string[], env: Record<string, string> = {}) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const argv = [process.execPath, bin, ...words];
  stdin.end();
  const running = Promise.resolve(
    runCli(words, {
      ...{ argv, env: { TRESTLE_HOME: home, ...env }, stdin, stdout, stderr, cwd: () => home },
      ...{ on: () => {}, off: () => {} },
    }),
  ).finally(() => [stdout, stderr].map((stream) => stream.end()));
  const [out, error, code] = await Promise.all([text(stdout), text(stderr), running]);
  return { code, out, error };
}

test("events tells what other processes do as it happens, on the terminal and over a WebSocket", async () => {
  const home = temporaryFolder();
  const events = start(home, ["events", "--since", "0", "--json", "--listen", "127.0.0.1:0"]);
  await until("it listens", () => events.said.error.includes("Events are told at"), 60_000);
  const [url = ""] = /ws:\S+/.exec(events.said.error) ?? [];
  const socket = new WebSocket(url);
  const heard: string[] = [];
  socket.on("message", (data) => heard.push(String(data)));
  await once(socket, "open");
  socket.send('{"type":"subscribe","topics":["diagnosis.*"]}');
  await until("subscribed", () => heard.length === 1, 60_000);
  await run(home, ["put", "pool timed out", "--name", "TimeoutError"]);
  await until("it is told", () => events.said.out.includes("pool timed out"), 60_000);
  await until("it is told there, too", () => heard.length === 2, 60_000);
  events.stop();
  expect(await events.ended).toMatchObject({ code: 0 });
  const lines = events.said.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { seq: 1, topic: "events.began" },
    { seq: 2, topic: "diagnosis.stored", payload: { summary: "TimeoutError: pool timed out" } },
  ]);
  const again = await run(home, ["events", "outcome.*", "--no-follow", "--since", "0"]);
  expect(again).toEqual({ code: 0, out: "", error: "" });
  const bad = await run(home, ["events", "--since", "x"]);
  expect([bad.code, bad.error]).toEqual([2, expect.stringContaining("whole number")]);
}, 180_000);

test("webhooks are listed, tested, delivered to, and tried again, and no secret is shown", async () => {
  const home = temporaryFolder();
  let status = 204;
  const receiver = await startReceiver(() => status);
  const hooks = { team: { url: `${receiver.url}/canary`, secret: "canary-s3cret" } };
  writeFileSync(
    join(home, "hooks.json"),
    JSON.stringify({ webhooks: hooks, allowHosts: [receiver.host] }),
  );
  const env = { KNOWLEDGE_WEBHOOKS_FILE: join(home, "hooks.json") };
  const webhooks = (...words: string[]) => run(home, ["webhooks", ...words], env);
  const outputs = [await webhooks("list"), await webhooks("test", "team")];
  expect(outputs[0]?.out).toMatch(/team +generic +127\.0\.0\.1/);
  expect(outputs[1]).toMatchObject({ code: 0, out: "team took the test.\n" });
  outputs.push(await webhooks("deliver"));
  await run(home, ["put", "disk full"], env);
  status = 400;
  outputs.push(await webhooks("deliver"));
  expect(outputs.at(-1)).toMatchObject({ code: 1, out: "team: 0 delivered, 1 given up\n" });
  outputs.push(await webhooks("failed"));
  expect(outputs.at(-1)?.out).toMatch(/team +2 +diagnosis\.stored .*answered 400/);
  status = 204;
  expect((await webhooks("retry", "team")).out).toContain("1 event is tried again");
  expect((await webhooks("deliver")).out).toBe("team: 1 delivered\n");
  expect((await webhooks("failed")).out).toBe("Nothing was given up.\n");
  expect(JSON.stringify(outputs)).not.toContain("canary");
  expect(await webhooks("test", "nobody")).toMatchObject({ code: 1 });
  const none = await run(home, ["webhooks", "list"]);
  expect(none.error).toContain("KNOWLEDGE_WEBHOOKS_FILE");
}, 180_000);
