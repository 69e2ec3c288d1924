import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { readHookEvent } from "./read-hook-event.ts";

const program = fileURLToPath(new URL("_hook-process.ts", import.meta.url));

function tell(home: string, input: string, ...words: string[]) {
  const env = { ...nodeEnvironment(), TRESTLE_HOME: home };
  return spawnSync(process.execPath, [program, ...words], { env, input, encoding: "utf8" });
}

function spooled(home: string): Buffer[] {
  const folder = join(home, "tracker", "hooks");
  return readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => Buffer.from(line)),
  );
}

const context = { source: "hooks", path: "spool", now: () => 1 };

test("what a hook is told is kept in the home and nothing is said to the assistant", () => {
  const home = temporaryFolder();
  const told = tell(
    home,
    JSON.stringify({
      hook_event_name: "TaskCreated",
      session_id: "s1",
      cwd: "/srv/shop",
      task_id: "3",
      task_subject: "Mend the till",
    }),
  );
  expect(told).toMatchObject({ status: 0, stdout: "", stderr: "" });
  tell(home, '{"hook_event_name":"OfTomorrow","session_id":"s1"}');
  tell(home, "no JSON at all");
  const records = spooled(home).map((bytes) => readHookEvent({ bytes, offset: 0 }, context));
  expect(records).toMatchObject([
    {
      sessionId: "claude-code:s1",
      type: "hook/TaskCreated",
      session: { cwd: "/srv/shop" },
      parts: [
        {
          kind: "task",
          listId: "claude-code:s1",
          taskId: "3",
          items: [{ subject: "Mend the till", status: "pending" }],
        },
      ],
    },
    { type: "hook/OfTomorrow", parts: [{ kind: "notice", notice: "other" }] },
    { sessionId: "claude-code:unknown", type: "hook/unknown" },
  ]);
});

test("a home that cannot be written to fails no turn", () => {
  const file = join(temporaryFolder(), "no-folder");
  writeFileSync(file, "");
  const told = tell(file, '{"hook_event_name":"Stop"}');
  expect(told).toMatchObject({ status: 0, stdout: "" });
  expect(told.stderr).toMatch(/^The event was not kept: /);
});

test("of a huge event is kept what it is", () => {
  const home = temporaryFolder();
  tell(
    home,
    JSON.stringify({ hook_event_name: "Stop", session_id: "s", big: "x".repeat(2 << 20) }),
  );
  const [line] = spooled(home);
  expect(line?.length).toBeLessThan(1_000);
  expect(String(line)).toContain('"session_id":"s"');
});

test("the settings are ready to be pasted", () => {
  const { stdout } = tell(temporaryFolder(), "", "--print-settings");
  const { hooks } = JSON.parse(stdout);
  expect(hooks.SessionEnd[0].hooks[0]).toMatchObject({ type: "command", async: true });
});
