import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEnvironment, temporaryFolder } from "@trestle/testkit/surroundings";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeRepository } from "./_crew.ts";
import { bin, startServer } from "./_server.ts";

let server: Awaited<ReturnType<typeof startServer>>;
let home: string;
/** Of the agent that holds files. */
let holder: { id: string; token: string };
let swarm: string;

beforeAll(async () => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "trestle-home-")));
  server = await startServer(home);
  ({ swarm } = await server.tool<{ swarm: string }>("create_swarm", {}));
  const joined = await server.tool<{ agent: { id: string }; agentToken: string }>("join_swarm", {
    swarm,
    name: "Ann",
  });
  holder = { id: joined.agent.id, token: joined.agentToken };
  const reserve = (paths: string[], mode: string) =>
    server.tool("reserve_files", {
      agent_token: holder.token,
      paths,
      mode,
      reason: "renaming the parser",
    });
  await reserve(["src/**", "app/[id]/page.ts", "pages/*/b.ts"], "exclusive");
  await reserve(["docs/**"], "shared");
});
afterAll(async () => {
  await server.end("SIGKILL");
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

type Variables = Readonly<Record<string, string>>;

function makeWork() {
  const folder = temporaryFolder("trestle-guarded");
  const repository = makeRepository(folder, { "a.txt": "a\n" });
  for (const name of ["src", "docs", "app/[id]", "pages/{x}"])
    mkdirSync(join(repository.path, name), { recursive: true });
  const run = (program: string, args: string[], env: Variables = {}, input = "") => {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: repository.path,
      env: {
        ...nodeEnvironment(),
        HOME: folder,
        TRESTLE_HOME: home,
        GIT_AUTHOR_NAME: "A",
        GIT_AUTHOR_EMAIL: "a@example.com",
        GIT_COMMITTER_NAME: "A",
        GIT_COMMITTER_EMAIL: "a@example.com",
        ...env,
      },
      input,
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  };
  return {
    ...repository,
    run,
    guard: (words: string[], env?: Variables, input?: string) =>
      run(process.execPath, [bin, "guard", ...words], env, input),
    commit(name: string, env?: Variables, more: string[] = []) {
      writeFileSync(join(repository.path, name), String(Math.random()));
      repository.git("add", "-A");
      return run("git", ["commit", "-q", "-m", `Change ${name}`, ...more], env);
    },
  };
}

describe("the guard of commits", () => {
  test("refuses files that another agent holds, and says who, why and until when", () => {
    const work = makeWork();
    expect(work.guard(["install"])).toMatchObject({ status: 0 });
    const refused = work.commit("src/parser.ts");
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(
      /src\/\*\*: held by Ann \(\w+\) until 20\d\d-.*Z: renaming the parser/,
    );
    expect(refused.stderr).toContain("git commit --no-verify");
    expect(work.git("log", "--topo-order", "--format=%s")).toBe("Begin");
    expect(work.commit("src/parser.ts", {}, ["--no-verify"]).status).toBe(0);
  });

  test("lets through what nobody holds, what is held for reading, and what is the agent's own", () => {
    const work = makeWork();
    work.guard(["install"]);
    expect(work.commit("b.txt")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(work.commit("docs/a.md")).toMatchObject({ status: 0, stderr: "" });
    expect(work.commit("src/own.ts", { TRESTLE_AGENT: holder.id })).toMatchObject({ status: 0 });
    work.git("config", "trestle.agent", holder.id);
    expect(work.commit("src/own.ts")).toMatchObject({ status: 0 });
  });

  test("knows names that look like patterns, and the old name of what moves", () => {
    const work = makeWork();
    work.commit("src/old.ts");
    work.guard(["install"]);
    expect(work.commit("app/[id]/page.ts")).toMatchObject({ status: 1 });
    work.git("reset", "-q", "--hard");
    expect(work.commit("pages/{x}/b.ts")).toMatchObject({ status: 1 });
    work.git("reset", "-q", "--hard");
    work.git("mv", "src/old.ts", "new.ts");
    expect(work.run("git", ["commit", "-q", "-m", "Move"])).toMatchObject({ status: 1 });
  });

  test("asks a server elsewhere where its address is set", () => {
    const work = makeWork();
    work.guard(["install"]);
    const env = { TRESTLE_HOME: temporaryFolder(), TRESTLE_ORCHESTRATOR_URL: server.url };
    expect(work.commit("src/parser.ts", env)).toMatchObject({ status: 1 });
    expect(work.commit("src/parser.ts", { ...env, TRESTLE_AGENT: holder.id }).status).toBe(0);
  });

  test("lets everything through with a notice where no server is, and nothing where it shall", () => {
    const nobody = { TRESTLE_HOME: temporaryFolder() };
    const work = makeWork();
    work.guard(["install"]);
    const through = work.commit("src/a.ts", nobody);
    expect(through.status).toBe(0);
    expect(through.stderr).toMatch(
      /could not ask who holds these files: .*Everything goes through/,
    );
    work.guard(["install", "--fail-closed"]);
    const refused = work.commit("src/b.ts", nobody);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/Nothing goes through/);
    const gone = {
      TRESTLE_HOME: nobody.TRESTLE_HOME,
      TRESTLE_ORCHESTRATOR_URL: "http://127.0.0.1:1",
    };
    expect(work.commit("src/b.ts", gone).status).toBe(1);
  });

  test("runs the hook that was there before it first, and gives it back", () => {
    const work = makeWork();
    const hook = join(work.path, ".git", "hooks", "pre-commit");
    const before = "#!/bin/sh\nif [ -e stop ]; then echo stopped >&2; exit 3; fi\n";
    writeFileSync(hook, before, { mode: 0o755 });
    work.guard(["install"]);
    work.guard(["install"]);
    expect(work.commit("stop").stderr).toContain("stopped");
    work.git("rm", "-q", "-f", "stop");
    expect(work.commit("src/a.ts").stderr).toContain("held by Ann");
    expect(work.guard(["uninstall"]).stdout).toBe("Removed.\n");
    expect(readFileSync(hook, "utf8")).toBe(before);
    expect(work.guard(["uninstall"]).stdout).toBe("There was none.\n");
  });

  test("is where git looks for it, also beside the repository", () => {
    const work = makeWork();
    work.git("config", "core.hooksPath", "hooks");
    work.guard(["install"]);
    expect(statSync(join(work.path, "hooks", "pre-commit")).mode & 0o111).toBe(0o111);
    const outside = spawnSync(process.execPath, [bin, "guard", "install"], {
      cwd: temporaryFolder(),
      env: nodeEnvironment(),
      encoding: "utf8",
    });
    expect(outside).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("in no git repository"),
    });
  });
});

describe("the guard of an assistant's tools", () => {
  const event = (cwd: string, input: object, tool = "Edit") =>
    JSON.stringify({ hook_event_name: "PreToolUse", cwd, tool_name: tool, tool_input: input });
  const decisionIn = (text: string) =>
    text === "" ? undefined : JSON.parse(text).hookSpecificOutput;

  test("denies changes of what another agent holds, and says nothing else", () => {
    const work = makeWork();
    const ask = (input: object, env?: Variables) =>
      work.guard(["hook"], env, event(work.path, input));
    const denied = ask({ file_path: join(work.path, "src/parser.ts") });
    expect(denied.status).toBe(0);
    expect(decisionIn(denied.stdout)).toEqual({
      hookEventName: "PreToolUse",
      permissionDecision: "deny",
      permissionDecisionReason: expect.stringMatching(/held by Ann .*renaming the parser/),
    });
    expect(ask({ file_path: "src/parser.ts" }).stdout).toContain("deny");
    for (const quiet of [
      ask({ file_path: "b.txt" }),
      ask({ command: "ls src" }),
      ask({ file_path: "/etc/hosts" }),
      ask({ file_path: "src/parser.ts" }, { TRESTLE_AGENT: holder.id }),
    ]) {
      expect(quiet).toEqual({ status: 0, stdout: "", stderr: "" });
    }
  });

  test("knows the files of a patch", () => {
    const work = makeWork();
    const patch =
      "*** Begin Patch\n*** Update File: b.txt\n@@\n*** Move to: src/b.txt\n*** End Patch";
    const asked = work.guard(["hook"], {}, event(work.path, { command: patch }, "apply_patch"));
    expect(asked.stdout).toContain("src/**");
  });

  test("is silent where no server is, or denies where it shall", () => {
    const work = makeWork();
    const nobody = { TRESTLE_HOME: temporaryFolder() };
    const asked = event(work.path, { file_path: "src/a.ts" });
    expect(work.guard(["hook"], nobody, asked)).toMatchObject({
      status: 0,
      stdout: "",
      stderr: expect.stringContaining("Everything goes through"),
    });
    expect(work.guard(["hook", "--fail-closed"], nobody, asked).stdout).toContain("deny");
    expect(work.guard(["hook"], {}, "no event")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("prints what to put into the settings, which works as it stands", () => {
    const work = makeWork();
    const settings = JSON.parse(work.guard(["hook", "--print-settings"]).stdout);
    const [{ hooks }] = settings.hooks.PreToolUse;
    const asked = event(work.path, { file_path: "src/a.ts" });
    expect(work.run("/bin/sh", ["-c", hooks[0].command], {}, asked).stdout).toContain("deny");
  });

  test("loads nothing of the server, and no database", () => {
    const work = makeWork();
    const trace = `data:text/javascript,${encodeURIComponent(
      'import { registerHooks } from "node:module"; registerHooks({ load(url, context, next) { process.stderr.write(url + "\\n"); return next(url, context); } });',
    )}`;
    const { stderr } = work.run(
      process.execPath,
      ["--import", trace, bin, "guard", "hook"],
      {},
      event(work.path, { file_path: "b.txt" }),
    );
    expect(stderr).toContain("/guards/hook.ts");
    expect(stderr).not.toMatch(
      /sqlite|\/zod\/|commander|server\.ts|\/swarms\/|@modelcontextprotocol/,
    );
  });
});
