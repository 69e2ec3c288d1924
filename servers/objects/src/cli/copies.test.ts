import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { temporaryFolder } from "@trestle/testkit/surroundings";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SECRET, startLocalHost } from "../../test/_local-host.ts";
import { runCli } from "./main.ts";

vi.setConfig({ testTimeout: 60_000 });

let edge: Awaited<ReturnType<typeof startLocalHost>>;
let home: Awaited<ReturnType<typeof startLocalHost>>;
let folder: string;

beforeEach(async () => {
  folder = temporaryFolder();
  [edge, home] = await Promise.all([startLocalHost(), startLocalHost()]);
});
afterEach(async () => {
  await Promise.all([edge.close(), home.close()]);
});

async function run(words: readonly string[], onLine = (_line: string, _stop: () => void) => {}) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  const stops = new Set<() => void>();
  stdout.on("data", (data) => {
    for (const line of String(data).trimEnd().split("\n")) {
      onLine(line, () => {
        for (const stop of stops) stop();
      });
    }
  });
  const env = { TRESTLE_HOME: folder, OBJECTS_URL: edge.url, OBJECTS_TOKEN_SECRET: SECRET };
  const code = runCli(words, {
    ...{ argv: ["node", "bin", ...words], env, cwd: () => folder, stdin, stdout, stderr },
    on: (_, listener) => stops.add(listener),
    off: (_, listener) => stops.delete(listener),
  });
  const ended = Promise.resolve(code).finally(() => [stdout, stderr].map((each) => each.end()));
  const [out, error] = await Promise.all([text(stdout), text(stderr), ended]);
  return { code: await ended, out, error };
}

test("copies follow an object, home takes it over, and gives it back", async () => {
  const at = ["--home", home.url];
  await run(["initialize", "counter/a", '{"value":5}']);
  const followed = await run(["copies", "follow", "counter/a", ...at], (_, stop) => stop());
  expect(followed).toMatchObject({ code: 0, out: "counter/a stored 1\n" });
  expect(await run(["copies", "take-over", "counter/a", ...at])).toMatchObject({ out: "Done.\n" });
  // The host that had it does not know yet, and goes on.
  await run(["call", "counter/a", "increment"]);
  const back = await run(["copies", "hand-back", "counter/a", ...at]);
  expect(back.out).toMatch(/^Done\. Both hosts changed these.*\ncounter\/a\/2 +ruling: .* other: /);
  expect(JSON.parse((await run(["get", "counter/a"])).out)).toMatchObject({ state: { value: 5 } });
  const resolved = await run(["copies", "resolve", "counter/a/2", "--keep", "other", ...at]);
  expect(resolved).toMatchObject({ code: 0, out: "Done.\n" });
  expect(JSON.parse((await run(["get", "counter/a"])).out)).toMatchObject({ state: { value: 6 } });
  expect((await run(["copies", "conflicts", ...at])).out).toBe("There are no conflicts.\n");
});

test.each([
  [["copies", "take-over", "counter/unknown"], /Nothing was ever stored/],
  [["copies", "resolve", "counter/a/2", "--keep", "both"], /ruling or other/],
  [["copies", "resolve", "counter/a/2", "--keep", "other"], /There is no conflict/],
])("%s is refused with what to do", async (words, message) => {
  const { code, error } = await run(words);
  expect(code).not.toBe(0);
  expect(error).toMatch(message);
});
