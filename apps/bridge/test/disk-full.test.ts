import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { attemptsIn, effectsIn, faultyCommand } from "@trestle/testkit";
import { expect, test } from "vitest";
import { callByHttp } from "./_peer.ts";
import { createPlace, serve } from "./_place.ts";
import { until } from "./_processes.ts";
import { executionsOf } from "./_upstreams.ts";

/** Of util-linux, which every Linux has. */
const PRLIMIT = "/usr/bin/prlimit";

/** Lets no file of the process grow beyond so many bytes: what it writes there fails. */
function limitFiles(pid: number, bytes: number | "unlimited"): void {
  execFileSync(PRLIMIT, ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
}

test("while the state file cannot grow, writes are refused unsent and reads are answered", async () => {
  const place = createPlace();
  const { root, home } = place;
  place.configure({ mcpServers: { one: faultyCommand({ root, name: "one" }) } });
  const { url, pid } = await serve(place);
  const call = async (tool: string, key: string) =>
    (await callByHttp(url, `one__${tool}`, { key })).answer;
  expect((await call("write", "before")).error).toBeUndefined();

  const state = join(home, "bridge");
  const sizes = readdirSync(state).map((name) => statSync(join(state, name)).size);
  limitFiles(pid, Math.min(...sizes.filter((size) => size > 0)));
  for (const key of ["refused-1", "refused-2"]) {
    const { error } = await call("write", key);
    expect(error?.data).toMatchObject({
      code: "unavailable",
      details: { sent: false, refusedBy: "record", upstream: "one" },
    });
    expect(error?.message).toMatch(/one\.write was not sent.* Make room on the disk/);
  }
  for (const key of ["read-1", "read-2"]) {
    expect((await call("read", key)).result?.structuredContent).toMatchObject({ key, effects: 1 });
  }
  expect(effectsIn(root, "one")).toEqual(["before"]);
  expect(attemptsIn(root, "one").map(({ key }) => key)).toEqual(["before", "read-1", "read-2"]);

  limitFiles(pid, "unlimited");
  await until("writes go on", async () => (await call("write", "after")).error === undefined);
  expect(effectsIn(root, "one")).toEqual(["before", "after"]);
  const keysOf = () => executionsOf(place).map(({ key }) => key);
  await until("what waited is written", () => keysOf().includes("read-2"));
  expect(keysOf()).toEqual(
    expect.arrayContaining(["before", "read-1", "read-2", "refused-1", "after"]),
  );
  const refused = executionsOf(place).filter(({ key }) => key?.startsWith("refused"));
  expect(refused).toMatchObject([
    { outcome: "error", attempts: 0 },
    { outcome: "error", attempts: 0 },
  ]);
});
