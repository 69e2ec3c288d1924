import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { type Ran, type RanIn, trestle } from "./_cli.ts";
import { until } from "./_processes.ts";
import { type RestBridge, startRest } from "./_rest.ts";

let bridge: RestBridge;
beforeAll(async () => {
  bridge = await startRest();
}, 60_000);
afterAll(async () => {
  await bridge.stop();
});

const run = (args: readonly string[], where: Partial<RanIn> = {}): Promise<Ran> =>
  trestle(args, { home: bridge.home, ...where });
const dataOf = ({ stdout }: Ran) => objectOf(JSON.parse(stdout));

function file(name: string, value: unknown): string {
  const path = join(bridge.home, name);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

describe("call", () => {
  test.each<[string, string[], string]>([
    ["inline JSON", ['{"text":"here"}'], ""],
    ["pairs", ["text=here", "beforeMs=1", "fail:=false"], ""],
    ["stdin", ["-"], '{"text":"here"}'],
    ["a file", ["@args.json"], ""],
  ])("takes its arguments as %s", async (_name, words, input) => {
    file("args.json", { text: "here" });
    const ran = await run(["call", "one.echo", ...words], { input });
    expect(ran).toEqual({ code: 0, stdout: "here\n", stderr: "" });
  });

  test("passes on how the call is to be made, and prints the operation's answer", async () => {
    const control = ["--no-cache", "--cache-ttl", "5", "--timeout", "9", "--retries", "0"];
    const ran = await run(["call", "one.echo", "text=a", ...control, "--json"]);
    const { result, metadata } = dataOf(ran);
    expect(objectsOf(objectOf(result).content)).toEqual([{ type: "text", text: "a" }]);
    expect(metadata).toMatchObject({ tool: "echo", cached: false });
  });

  test("keeps what the tool said of its failure, ends with 1 and says where to look", async () => {
    const ran = await run(["call", "one.echo", '{"text":"no such city","fail":true}']);
    expect(ran).toMatchObject({ code: 1, stdout: "no such city\n" });
    const [, id = ""] = /trestle why (\S+)/.exec(ran.stderr) ?? [];
    const why = await run(["why", id]);
    expect(why.stdout).toMatch(/^one\.echo {2}TOOL ERROR/);
    expect(why.stdout).toContain("authorize");
  });

  test("is given up by Ctrl-C", async () => {
    const isRunning = async (): Promise<boolean> => {
      const { data } = (await bridge.get("health")).body;
      return objectsOf(objectOf(data).servers)[0]?.running === 1;
    };
    const interruptWhen = () => until("the call runs", isRunning);
    const ran = await run(["call", "one.read", '{"beforeMs":60000}'], { interruptWhen });
    expect(ran).toMatchObject({ code: 130, stderr: "trestle: Interrupted.\n" });
    await until("the call is given up", async () => !(await isRunning()));
  });
});

describe("batch and chain", () => {
  const calls = [
    { tool: "one.echo", arguments: { text: "hello" } },
    { id: "second", tool: "one.nothing" },
  ];

  test("batch shows each call, and ends with 1 where one failed", async () => {
    const ran = await run(["batch", "-"], { input: JSON.stringify(calls) });
    expect(ran.code).toBe(1);
    expect(ran.stdout).toMatch(/^1 +one\.echo +ok .*hello$/m);
    expect(ran.stdout).toMatch(/^second +one\.nothing +FAILED .*Unknown tool/m);
    expect(ran.stdout).toContain("1 ok, 1 failed");
    const good = await run(["batch", file("calls.json", { calls: calls.slice(0, 1) }), "--json"]);
    expect([good.code, dataOf(good)]).toMatchObject([0, { succeeded: 1, failed: 0 }]);
  });

  test("chain runs with its inputs, plans and draws", async () => {
    const steps = [{ server: "one", tool: "read", arguments: { text: "$what" } }];
    const path = file("chain.json", { name: "daily", input: { what: "x" }, steps });
    const ran = await run(["chain", path, "--input", "what=12"]);
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining("daily succeeded: 1 of 1")]);
    // Declared as a text, and so it stays one.
    const { stdout } = await run(["history", "--limit", "1", "--json"]);
    expect(objectsOf(JSON.parse(stdout).executions)[0]).toMatchObject({
      arguments: { text: "12" },
    });
    expect((await run(["chain", path, "--dry-run"])).stdout).toContain('{"text":"x"}');
    expect((await run(["chain", path, "--mermaid"])).stdout).toMatch(/^flowchart/);
    const bad = await run(["chain", "-"], { input: '{"steps":[{"server":"one","tool":"no"}]}' });
    expect([bad.code, bad.stdout]).toEqual([1, expect.stringContaining("FAILED")]);
  });
});

describe("looking", () => {
  test("history and metrics fit a terminal of 100 columns, without colours", async () => {
    await run(["call", "one.echo", JSON.stringify({ text: "long ".repeat(200), fail: true })]);
    for (const args of [
      ["history"],
      ["metrics"],
      ["metrics", "--bucket", "hour"],
      ["find", "echo"],
    ]) {
      const { code, stdout } = await run(args);
      expect([args, code]).toEqual([args, 0]);
      expect(stdout).toContain("one.echo");
      expect(Math.max(...stdout.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(100);
      expect(stdout).not.toContain("\u001b");
    }
  });

  test("history is narrowed, and tells how to go on", async () => {
    const ran = await run(["history", "--tool", "one.echo", "--from", "1h", "--limit", "1"]);
    expect(ran.stdout).toMatch(/--before \d+/);
    expect((await run(["history", "--from", "2099-01-01"])).stdout).toContain("No calls");
  });

  test("cache, ps, doctor and discover tell of the bridge", async () => {
    expect((await run(["cache", "off"])).stdout).toBe("The cache is off.\n");
    expect((await run(["cache", "stats"])).stdout).toContain("The cache is off.");
    expect((await run(["cache", "on"])).stdout).toBe("The cache is on.\n");
    expect((await run(["cache", "clear"])).stdout).toContain("forgotten");
    expect((await run(["ps"])).stdout).toContain(String(bridge.pid));
    expect((await run(["doctor", "--json"])).stdout).toContain('"checks"');
    expect((await run(["discover", "--server", "uno"])).stdout).toContain("one (stdio, ready");
  });
});
