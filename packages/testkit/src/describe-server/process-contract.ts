import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import type { Bench, ServerUnderTest } from "./subject.ts";

/** How the process behaves: starting, ending, what it writes where. */
export function processContract(subject: ServerUnderTest, bench: () => Bench): void {
  test("writes nothing to stdout but protocol", async () => {
    const session = bench().start();
    await session.initialize();
    for (const [tool, args] of Object.entries(subject.sampleCalls)) await session.call(tool, args);
    session.endInput();
    await session.exited;
    expect(session.lines.length).toBeGreaterThan(1);
    for (const line of session.lines) expect(JSON.parse(line)).toMatchObject({ jsonrpc: "2.0" });
  });

  test("ends by itself with code 0 when stdin ends, before and after the first message", async () => {
    const [silent, busy] = [bench().start(), bench().start()];
    silent.endInput();
    await busy.initialize();
    for (const [tool, args] of Object.entries(subject.sampleCalls)) await busy.call(tool, args);
    busy.endInput();
    expect(await Promise.all([silent.exited, busy.exited])).toEqual([0, 0]);
  });

  test("ends on SIGTERM with code 0", async () => {
    const session = bench().start();
    await session.initialize();
    await session.kill("SIGTERM");
    expect(await session.exited).toBe(0);
  });

  test("two processes started at once on one home both work", async () => {
    const sessions = [bench().start(), bench().start()];
    await Promise.all(
      sessions.map(async (session) => {
        await session.initialize();
        for (const [tool, args] of Object.entries(subject.sampleCalls)) {
          expect(await session.call(tool, args)).not.toHaveProperty("isError", true);
        }
      }),
    );
  });
}

/** What `runServer` adds: a start that does no work, and options that explain themselves. */
export function programContract(bench: () => Bench): void {
  test("opens and writes nothing before a request needs it", async () => {
    const session = bench().start();
    await session.initialize();
    await session.request("tools/list");
    const data = bench().environment.TRESTLE_HOME ?? "";
    expect(existsSync(data) ? readdirSync(data) : []).toEqual([]);
  });

  test("explains itself with --help and --version, and refuses unknown options with code 78", async () => {
    const help = bench().start({ args: ["--help"] });
    expect(await help.exited).toBe(0);
    expect(help.lines.join("\n")).toContain("Usage:");
    const version = bench().start({ args: ["--version"] });
    expect(await version.exited).toBe(0);
    expect(version.lines[0]).toMatch(/^\d+\.\d+\.\d+/);
    const wrong = bench().start({ args: ["--verbos"] });
    expect(await wrong.exited).toBe(78);
    expect(wrong.stderr).toContain("--verbose");
    expect(wrong.lines).toEqual([]);
  });
}
