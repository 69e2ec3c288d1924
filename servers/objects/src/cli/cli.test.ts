import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { createObjectsClient } from "../client/client.ts";
import { runCli } from "./main.ts";

vi.setConfig({ testTimeout: 30_000 });
let home: string;
beforeEach(() => {
  home = temporaryFolder();
});

interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** Told each line that is printed, with what sends Ctrl-C. */
  readonly onLine?: (line: string, stop: () => void) => void;
}

/** In this process: the same words, streams and exit code, without the start of a program. */
async function run(words: readonly string[], { env = {}, onLine }: Surroundings = {}) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  const stops = new Set<() => void>();
  const stop = () => stops.forEach((each) => void each());
  stdout.on("data", (data) => {
    for (const line of String(data).trimEnd().split("\n")) onLine?.(line, stop);
  });
  const code = runCli(words, {
    ...{ argv: ["node", "bin", ...words], env: { TRESTLE_HOME: home, ...env }, cwd: () => home },
    ...{ stdin, stdout, stderr },
    on: (_, listener) => stops.add(listener),
    off: (_, listener) => stops.delete(listener),
  });
  const ended = Promise.resolve(code).finally(() => [stdout, stderr].map((stream) => stream.end()));
  const [out, error] = await Promise.all([text(stdout), text(stderr), ended]);
  return { code: await ended, out, error };
}

test("no word and flags are the server's", () => {
  expect(runCli([], {} as never)).toBeUndefined();
  expect(runCli(["--http"], {} as never)).toBeUndefined();
});

test("an object is made, called, shown, listed and deleted", async () => {
  expect(JSON.parse((await run(["initialize", "counter/a", '{"value":1}'])).out)).toMatchObject({
    seq: 1,
  });
  const called = await run(["call", "counter/a", "increment", '{"by":2}', "--key", "k"]);
  expect(JSON.parse(called.out)).toMatchObject({ seq: 2, result: { value: 3 }, repeated: false });
  const again = await run(["call", "counter/a", "increment", '{"by":2}', "--key", "k"]);
  expect(JSON.parse(again.out)).toMatchObject({ seq: 2, repeated: true });
  expect(JSON.parse((await run(["get", "counter/a"])).out)).toMatchObject({ state: { value: 3 } });
  expect((await run(["list"])).out).toMatch(/^object +seq +updated\s*\ncounter\/a +2 /);
  expect((await run(["classes"])).out).toMatch(/counter +increment +Adds to it/);
  const unsure = await run(["delete", "counter/a"]);
  expect(unsure).toMatchObject({ out: "", error: expect.stringMatching(/--yes/) });
  expect(unsure.code).not.toBe(0);
  expect((await run(["delete", "counter/a", "--yes"])).out).toBe("counter/a is deleted.\n");
  expect((await run(["list"])).out).toMatch(/There are no objects/);
});

test.each([
  [["call", "counter", "increment"], /CLASS\/ID/],
  [["call", "counter/a", "increment", "[1]"], /JSON object/],
  [["call", "counter/a", "increment"], /Initialize it first/],
  [["call", "Counter/a", "increment"], /An object is named/],
  [["call", "counter/a", "explode"], /has no method/],
  [["host", "--listen", "4140"], /host:port/],
  [["token", "ada", "--scope", "everything"], /scope "everything" cannot be read/],
])("%s is refused with what to do", async (words, message) => {
  const { code, error } = await run(words);
  expect(code).not.toBe(0);
  expect(error).toMatch(message);
});

test("host serves the objects of the home to whom a token lets in", async () => {
  const { out: made } = await run([
    "token",
    "ada",
    "--scope",
    "counter/*:increment",
    "--days",
    "1",
  ]);
  const told: unknown[] = [];
  const served = await run(["host", "--listen", "127.0.0.1:0"], {
    onLine(line, stop) {
      const url = line.replace("serving ", "");
      const client = createObjectsClient({ url, token: made.trim() });
      client
        .object("counter", "a")
        .call("increment")
        .catch((error: unknown) => told.push(error))
        .then(() => client.object("counter", "a").get())
        .catch((error: unknown) => told.push(error))
        .finally(() => {
          client.close();
          stop();
        });
    },
  });
  expect(served).toMatchObject({ code: 0, error: "" });
  expect(told).toMatchObject([{ code: "not_found" }, { code: "denied" }]);
});

test("watch prints the object and then each change, until it has enough", async () => {
  await run(["initialize", "counter/a"]);
  const { out } = await run(["watch", "counter/a", "--changes", "2"], {
    onLine(line) {
      if (JSON.parse(line).type === "state")
        for (const _ of [1, 2]) void run(["call", "counter/a", "increment"]);
    },
  });
  expect(
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { type: "state", seq: 1, state: { value: 0 } },
    { type: "event", seq: 2 },
    { type: "event", seq: 3, state: { value: 2 } },
  ]);
});

/** Answers as Cloudflare does. */
async function fakeCloudflare(
  answers: Readonly<Record<string, [number, object]>>,
): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body] = answers[request.url ?? ""] ?? [404, { success: false }];
    response.writeHead(request.headers.authorization === "Bearer good" ? status : 403);
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("doctor says that all is well in a home, without any setting", async () => {
  const { code, out } = await run(["doctor"]);
  expect(out).toMatch(/ok {4}objects .*counter, document, kv, lock, presence, queue/);
  expect(code).toBe(0);
});

test("doctor tells what a token of Cloudflare lacks, and that a worker cannot be reached", async () => {
  const active = { success: true, result: { status: "active" } };
  const refusal = { success: false, errors: [{ message: "Authentication error" }] };
  const api = await fakeCloudflare({
    "/user/tokens/verify": [200, active],
    "/accounts/mine/workers/scripts": [200, { success: true, result: [{ id: "trestle-objects" }] }],
    "/accounts/other/workers/scripts": [403, refusal],
  });
  const env = { CLOUDFLARE_API_TOKEN: "good", CLOUDFLARE_ACCOUNT_ID: "mine" };
  const words = ["doctor", "--cloudflare-api", api];
  const well = await run(words, { env });
  expect(well.out).toMatch(/ok {4}workers .*trestle-objects is among them/);
  const other = await run(words, { env: { ...env, CLOUDFLARE_ACCOUNT_ID: "other" } });
  expect(other).toMatchObject({
    code: 1,
    out: expect.stringMatching(/FAIL {2}workers .*Workers Scripts: Edit/),
  });
  const bad = await run(words, { env: { ...env, CLOUDFLARE_API_TOKEN: "bad" } });
  expect(bad.out).toMatch(/FAIL {2}cloudflare/);
  const away = await run(words, { env: { ...env, OBJECTS_URL: "http://127.0.0.1:9" } });
  expect(away).toMatchObject({
    code: 1,
    out: expect.stringMatching(/FAIL {2}host .*trestle-objects deploy/),
  });
});

/** In the place of npx: notes what it is called with, and what it is told on stdin. */
function fakeNpx(exitCode: number): { readonly path: string; readonly calls: () => string } {
  const folder = join(home, "bin");
  mkdirSync(folder);
  const notes = join(home, "notes");
  const script = `#!/bin/sh\necho "$@" >> ${notes}\n[ "$3" = secret ] && cat >> ${notes}\nexit ${exitCode}\n`;
  writeFileSync(join(folder, "npx"), script, { mode: 0o755 });
  const path = `${folder}:${process.env.PATH}`;
  return { path, calls: () => readFileSync(notes, "utf8") };
}

test("deploy gives the worker its key, which is among no arguments", async () => {
  const { path: PATH, calls } = fakeNpx(0);
  const secret = "k".repeat(40);
  const env = { PATH, OBJECTS_TOKEN_SECRET: secret };
  expect(await run(["deploy", "--name", "mine"], { env })).toMatchObject({ code: 0 });
  expect(calls()).toBe(
    `--yes wrangler@4 deploy --name mine\n--yes wrangler@4 secret put OBJECTS_TOKEN_SECRET --name mine\n${secret}`,
  );
});

test("deploy says what to do where wrangler fails", async () => {
  const { path: PATH, calls } = fakeNpx(1);
  const env = { PATH, OBJECTS_TOKEN_SECRET: "k".repeat(40) };
  const { code, error } = await run(["deploy"], { env });
  expect(code).toBe(1);
  expect(error).toMatch(/wrangler login.*Workers Scripts: Edit/);
  expect(calls()).not.toContain("secret");
});

test("deploy refuses a worker that would let nobody in", async () => {
  const { code, error } = await run(["deploy"]);
  expect(code).not.toBe(0);
  expect(error).toMatch(/OBJECTS_TOKEN_SECRET/);
});
